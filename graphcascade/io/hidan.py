from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from graphcascade.data import RawEvents
from graphcascade.io.lines import EventList, numbered_lines

__all__ = ["read_hidan"]


def read_hidan(path: str | Path, encoding: str | None = None) -> RawEvents:
    """Reads ``u1,u2,...:t1,t2,...``, one cascade a line: the format of HiDAN.

    If every cascade begins at 0, as in HiDAN's own files, times count from the source and cascades have no order in
    time. Otherwise, all times are taken to have the same origin.

    Args:
        path: The file.
        encoding: Its encoding; UTF-8 by default, or UTF-16 if it begins with its mark of byte order.

    Raises:
        MissingFileError: There is no such file.
        DataError: A line has another form (the message has its number); the file is empty.
    """
    events = EventList(path)
    for number, line in numbered_lines(path, encoding=encoding):
        left, colon, right = line.rpartition(":")
        users, times = left.rstrip(",").split(","), right.rstrip(",").split(",")
        if not colon or not left or not right:
            raise events.format_error(number, line, "user,user,...:time,time,...")
        if len(users) != len(times):
            raise events.format_error(number, line, f"as many users as times (it has {len(users)} and {len(times)})")
        events.start(number)
        for user, time in zip(users, times, strict=True):
            events.add(number, user, time)
    raw = events.finish()
    first = np.unique(raw.cascade, return_index=True)[1]
    return replace(raw, times_relative=bool((np.minimum.reduceat(raw.time, first) == 0).all()))
