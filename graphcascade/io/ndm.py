from __future__ import annotations

from pathlib import Path

from graphcascade.data import RawEvents
from graphcascade.io.lines import EventList, numbered_lines, split_blanks

__all__ = ["read_ndm"]


def read_ndm(path: str | Path, encoding: str | None = None) -> RawEvents:
    """Reads ``u1,t1 u2,t2 ...``, one cascade a line: the format of NDM and FOREST.

    Args:
        path: The file.
        encoding: Its encoding; UTF-8 by default, or UTF-16 if it begins with its mark of byte order.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line has another form (the message has its number); the file is empty.
    """
    events = EventList(path)
    for number, line in numbered_lines(path, encoding=encoding):
        events.start(number)
        for field in split_blanks(line):
            user, _, time = field.partition(",")
            if not user or not time or "," in time:
                raise events.format_error(number, field, "user,time")
            events.add(number, user, time)
    return events.finish()
