from __future__ import annotations

import math
from pathlib import Path

from graphcascade.data import RawEvents
from graphcascade.io.lines import EventList, numbered_lines, split_blanks

__all__ = ["read_topolstm"]


def read_topolstm(path: str | Path, encoding: str | None = None) -> RawEvents:
    """Reads ``source u1 t1 u2 t2 ...``, one cascade a line: the format of TopoLSTM. The source has no time.

    Args:
        path: The file.
        encoding: Its encoding; UTF-8 by default, or UTF-16 if it begins with its mark of byte order.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line has another form (the message has its number); the file is empty.
    """
    events = EventList(path)
    for number, line in numbered_lines(path, encoding=encoding):
        source, *rest = split_blanks(line)
        if not rest or len(rest) % 2:
            raise events.format_error(number, line, "source user time user time ...")
        events.start(number)
        events.add(number, source, math.nan)
        for user, time in zip(rest[::2], rest[1::2], strict=True):
            events.add(number, user, time)
    return events.finish(sources_untimed=True)
