from __future__ import annotations

import difflib
import logging
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["report_unread_columns"]

logger = logging.getLogger(__name__)

NO_ARGUMENTS: Mapping[str, str] = {}
SIMILARITY = 0.7  # of "tiem" and "time", and of "txt" and "text", at least
OTHER_NAMES = {
    "user": ("author", "user_id", "userid", "uid", "screen_name", "posted_by"),
    "time": ("date", "datetime", "timestamp", "created_at", "created", "ts", "t"),
    "text": ("content", "message", "body", "caption", "description"),
    "image": ("img", "picture", "photo", "media", "file"),
    "part": ("split", "set", "fold", "subset"),
    "cascade": ("cascade_id",),
    "parent": ("parent_user", "infected_by"),
}
"""Other names that tables often have for a column."""


def report_unread_columns(
    path: str | Path,
    unread: Sequence[str],
    absent: Mapping[str, str],
    use: str = "",
    arguments: Mapping[str, str] = NO_ARGUMENTS,
) -> None:
    """Logs the columns that are not read, with a warning for each that may be a misspelt optional column.

    Args:
        path: The table.
        unread: Names of the columns that are not read.
        absent: Optional columns that the table lacks, each with what the data lack without it, as a sentence.
        use: How columns can be read that have no name of their own, as a sentence.
        arguments: Arguments that name the optional columns; options of the command line have the same names.
    """
    rest = list(unread)
    for column, loss in absent.items():
        name = _find_similar(column, rest)
        if name is not None:
            rest.remove(name)
            advice = ""
            if column in arguments:
                option = arguments[column].replace("_", "-")
                advice = (
                    f" If so, name it with --{option} {shlex.quote(name)} (in Python {arguments[column]}={name!r})."
                )
            logger.warning(
                "%s: the column %r is not read; did you mean %s?%s Without it, %s.", path, name, column, advice, loss
            )
    if rest:
        logger.info("%s: columns that are not read: %s.%s", path, ", ".join(rest), use and f" {use}")


def _find_similar(column: str, names: Sequence[str]) -> str | None:
    lower = {name.lower().strip(): name for name in names}
    for other in (column, *OTHER_NAMES.get(column, ())):
        if other in lower:
            return lower[other]
    unknown = [name for name in lower if name not in OTHER_NAMES]  # a column called "part" is no misspelt "parent"
    near = difflib.get_close_matches(column, unknown, n=1, cutoff=SIMILARITY)
    return lower[near[0]] if near else None
