from __future__ import annotations

from pathlib import Path

from graphcascade.data import RawEvents
from graphcascade.errors import DataError
from graphcascade.io.lines import BLANKS, EventList, numbered_lines, shorten
from graphcascade.io.user_table import read_user_table, split_user_table

__all__ = ["read_netinf"]


def read_netinf(path: str | Path, encoding: str | None = None) -> RawEvents:
    """Reads SNAP's netinf format: lines ``id,name``, a blank line, then cascades ``id,time,id,time,...``.

    A cascade may begin with its own id, ``cascade;id,time,...``, as InfoPath writes it. The names of the users are
    used as their ids.

    Args:
        path: The file.
        encoding: Its encoding; UTF-8 by default, or UTF-16 if it begins with its mark of byte order.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line has another form or a user who is not in the table (the message has its number); the file is
            empty.
    """
    events = EventList(path)
    table, cascades = split_user_table(list(numbered_lines(path, encoding=encoding)))
    names = read_user_table(path, table)
    if not cascades:
        raise DataError(f"{events.path}: no cascades; they follow the table of users after a blank line.")
    for number, line in cascades:
        item, semicolon, rest = line.rpartition(";")
        if "," in item or ";" in item:
            raise DataError(
                f"{events.path}, line {number}: {shorten(line)!r} has a ';' between its events; a line has at most "
                "one, after the id of the cascade, and commas between its users and times."
            )
        fields = rest.rstrip(",").split(",")
        if len(fields) % 2 or not rest or (semicolon and not item.strip(BLANKS)):
            raise events.format_error(number, line, "id,time,id,time,...")
        events.start(number, item.strip(BLANKS) if semicolon else None)
        for user, time in zip(fields[::2], fields[1::2], strict=True):
            if user.strip(BLANKS) not in names:
                raise DataError(
                    f"{events.path}, line {number}: user {shorten(user)!r} is not in the table of users above."
                )
            events.add(number, names[user.strip(BLANKS)], time)
    return events.finish()
