"""Table of users at the beginning of SNAP's files: lines ``id,name``, then a blank line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from graphcascade.errors import DataError
from graphcascade.io.lines import BLANKS, shorten

__all__ = ["read_user_table", "split_user_table"]

Lines = Sequence[tuple[int, str]]


def split_user_table(lines: Lines) -> tuple[Lines, Lines]:
    """Splits lines at the first blank line between them.

    Args:
        lines: Numbered lines that are not blank; a gap in the numbers is a blank line.
    """
    gap = next(
        (place for place, ((before, _), (after, _)) in enumerate(pairwise(lines), 1) if after != before + 1), len(lines)
    )
    return lines[:gap], lines[gap:]


def read_user_table(path: str | Path, lines: Lines) -> dict[str, str]:
    """Returns the name of each user by its id in the rest of the file.

    Args:
        path: The file.
        lines: The lines of the table, with their numbers.

    Raises:
        DataError: A line does not have an id, a comma and a name; an id has two names, or a name has two ids.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for number, line in lines:
        user, comma, name = (part.strip(BLANKS) for part in line.partition(","))
        if not (comma and user and name):
            raise DataError(
                f"{path}, line {number}: {shorten(line)!r} is not of the form 'id,name (then a blank line before the "
                "cascades)'."
            )
        if user in names:
            raise DataError(f"{path}, line {number}: the id {shorten(user)!r} has two names.")
        if name in taken:
            raise DataError(f"{path}, line {number}: the name {shorten(name)!r} stands for two users.")
        names[user] = name
        taken.add(name)
    return names
