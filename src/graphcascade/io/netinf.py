from __future__ import annotations

from pathlib import Path

from graphcascade.data import RawEvents
from graphcascade.errors import DataError
from graphcascade.io.lines import BLANKS, EventList, numbered_lines

__all__ = ["read_netinf"]


def read_netinf(path: str | Path) -> RawEvents:
    """Reads SNAP's netinf format: lines ``id,name``, a blank line, then cascades ``id,time,id,time,...``.

    A cascade may begin with an id of its own, ``cascade;id,time,...``, as InfoPath writes it. Users are called by
    their names.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line of another form, a user who is not in the table, with the line's number; an empty file.
    """
    events = EventList(path)
    names: dict[str, str] = {}
    taken: set[str] = set()
    before: int | None = None
    in_table = True
    for number, line in numbered_lines(path):
        # A blank line ends the table; blank lines are not handed out, so a gap in the numbers is one.
        in_table = in_table and before in (None, number - 1)
        before = number
        if in_table:
            user, comma, name = (part.strip(BLANKS) for part in line.partition(","))
            if not comma:
                raise events.wrong(number, line, "id,name (then a blank line before the cascades)")
            if user in names:
                raise DataError(f"{events.path}, line {number}: the id {user!r} has two names.")
            if name in taken:
                raise DataError(f"{events.path}, line {number}: the name {name!r} stands for two users.")
            names[user] = name
            taken.add(name)
            continue
        item, _, rest = line.rpartition(";")
        fields = rest.rstrip(",").split(",")
        if len(fields) % 2 or not rest:
            raise events.wrong(number, line, "id,time,id,time,...")
        events.start(number, item or None)
        for user, time in zip(fields[::2], fields[1::2], strict=True):
            if user.strip(BLANKS) not in names:
                raise DataError(f"{events.path}, line {number}: user {user!r} is not in the table of users above.")
            events.add(number, names[user.strip(BLANKS)], time)
    if in_table:
        raise DataError(f"{events.path}: no cascades; they follow the table of users after a blank line.")
    return events.finish()
