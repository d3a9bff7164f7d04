"""Columns of the two users of a link in a table, and the direction that their names state."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from graphcascade.errors import DataError, UsageError
from graphcascade.io.separators import SEPARATORS, split_header

__all__ = ["find_link_columns", "link_separator"]

logger = logging.getLogger(__name__)

# Pairs of names: the user whom information comes from, and the user whom it reaches.
NAMED_BY_ROLE = (
    ("followee", "follower"),
    ("friend", "user"),
    ("friend", "follower"),
    ("following", "follower"),
    ("influencer", "influenced"),
    ("influencer", "follower"),
)
NAMED_BY_PLACE = (("source", "target"), ("from", "to"), ("src", "dst"), ("source", "destination"))
SUFFIXES = ("", "_id", "id", "_user", "_name")


def find_link_columns(
    path: object, names: Sequence[str], source_column: str | None, target_column: str | None, direction: str | None
) -> tuple[int, int] | None:
    """Finds the columns of the two users of each link in the names of a table's columns.

    Names that say who follows whom, such as "follower" and "followee", state the direction of the links. Names such as
    "source" and "target" state the order of the two users that ``direction`` is about.

    Args:
        path: The table, for messages.
        names: Names of its columns.
        source_column: Column of the first user, if it is named; then ``target_column`` is needed, too.
        target_column: Column of the second user.
        direction: Order of the two users: "followee-follower" or "follower-followee", or ``None`` for what the names
            of the columns say, or else "followee-follower".

    Returns:
        The positions of the user whom information comes from (the followee) and of the user whom it reaches; ``None``
        if the names are not known.

    Raises:
        DataError: A named column does not exist, or exists twice.
        UsageError: Only one of the columns is named; the direction contradicts the names.
    """
    if (source_column is None) != (target_column is None):
        given = "source_column" if target_column is None else "target_column"
        other = "target_column" if target_column is None else "source_column"
        value = source_column or target_column
        raise UsageError(argument=given, value=value, reason="name the other column, too", remedy=(other, "NAME"))
    if source_column is not None and target_column is not None:
        for argument, column in (("source_column", source_column), ("target_column", target_column)):
            if list(names).count(column) != 1:
                found = f"there are {list(names).count(column)} columns" if column in names else "there is no column"
                raise DataError(
                    argument=argument,
                    value=column,
                    reason=f"{path}: {found} of this name; found {', '.join(map(repr, names))}",
                )
        pair = names.index(source_column), names.index(target_column)
        return pair if direction != "follower-followee" else pair[::-1]
    known = {name.lower(): place for place, name in reversed(list(enumerate(names)))}
    for pairs, by_role in ((NAMED_BY_ROLE, True), (NAMED_BY_PLACE, False)):
        for giver, receiver in pairs:
            for suffix in SUFFIXES:
                first, second = known.get(giver + suffix), known.get(receiver + suffix)
                if first is None or second is None:
                    continue
                if by_role and direction is not None and direction.startswith("followee") != (first < second):
                    raise UsageError(
                        argument="direction",
                        value=direction,
                        reason=f"{path} has the columns {', '.join(map(repr, names))}, which say who follows whom; "
                        "leave it out",
                    )
                if not by_role and direction == "follower-followee":
                    first, second = second, first
                logger.info(
                    "%s: information flows from the column %r (followee) to %r (follower).",
                    path,
                    names[first],
                    names[second],
                )
                return first, second
    return None


def link_separator(header: str) -> str | None:
    """Returns the separator with which a line has the known names of the columns of links; ``None`` if it has none."""
    pairs = [
        {giver + suffix, receiver + suffix}
        for giver, receiver in (*NAMED_BY_ROLE, *NAMED_BY_PLACE)
        for suffix in SUFFIXES
    ]
    for separator in SEPARATORS.values():
        names = {name.lower() for name in split_header(header, separator)}
        if any(pair <= names for pair in pairs):
            return separator
    return None
