from __future__ import annotations

from pathlib import Path

from graphcascade.data import RawEvents
from graphcascade.io.lines import EventList, numbered_lines

__all__ = ["read_mshgat"]


def read_mshgat(path: str | Path) -> RawEvents:
    """Reads ``cascade_id u1 t1,u2 t2,...``, one cascade a line: the format of MS-HGAT.

    An id may stand on several lines: those are several cascades of one item. Files without ids (Douban's) are read too.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line of another form, with its number; an empty file.
    """
    events = EventList(path)
    with_ids: bool | None = None
    for number, line in numbered_lines(path):
        fields = [field.split() for field in line.rstrip(",").split(",")]
        if with_ids is None:
            with_ids = len(fields[0]) == 3
        item = fields[0].pop(0) if with_ids and fields[0] else None
        if any(len(field) != 2 for field in fields):
            raise events.wrong(number, line, "cascade_id user time,user time,...")
        events.start(number, item)
        for user, time in fields:
            events.add(number, user, time)
    return events.finish()
