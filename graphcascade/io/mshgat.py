from __future__ import annotations

import math
from pathlib import Path

from graphcascade.data import RawEvents
from graphcascade.errors import DataError
from graphcascade.io.lines import EventList, numbered_lines, shorten, split_blanks

__all__ = ["read_mshgat"]


def read_mshgat(path: str | Path, encoding: str | None = None) -> RawEvents:
    """Reads the format of MS-HGAT, one cascade a line: ``root u1 t1,u2 t2,...`` or ``u1 t1,u2 t2,...``.

    The first line decides which of the two forms the file has. In the first form (Android, Christianity) the root is
    the source of the cascade. It has no time, and the other times count from an origin that depends on the root, so
    that cascades of different roots have no common clock. In the second form (Douban, Twitter) the times are absolute.

    The published files of the second form end in the middle of an event, after the user and before the time. Such an
    event, which can only be the last one of the file, is left out and counted (``cut_off_events``).

    Args:
        path: The file.
        encoding: Its encoding; UTF-8 by default, or UTF-16 if it begins with its mark of byte order.

    Raises:
        MissingFileError: There is no such file.
        DataError: A field does not have the form ``user time`` (the message names the line and the field); the file is
            empty.
    """
    events = EventList(path)
    lines = list(numbered_lines(path, encoding=encoding))
    last_number = lines[-1][0]
    has_roots = len(split_blanks(lines[0][1].partition(",")[0])) == 3
    form = "root user time,user time,..." if has_roots else "user time,user time,..."
    cut_off = 0
    for number, line in lines:
        fields = [split_blanks(field) for field in line.rstrip(",").split(",")]
        root = fields[0].pop(0) if has_roots and fields[0] else None
        if number == last_number and len(fields) > 1 and len(fields[-1]) == 1 and not line.endswith(","):
            fields.pop()
            cut_off = 1
        events.start(number)
        if root is not None:
            events.add(number, root, math.nan)
        for field in fields:
            if len(field) != 2:
                raise DataError(
                    f"{path}, line {number}: the field {shorten(' '.join(field))!r} is not of the form 'user time'; "
                    f"the lines of this file have the form {form!r}."
                )
            events.add(number, *field)
    return events.finish(sources_untimed=has_roots, times_relative=has_roots, cut_off_events=cut_off)
