"""Counts with their nouns."""

from __future__ import annotations

import re

__all__ = ["counted", "counted_plural"]

PLURAL = re.compile(r"(?<=\w)s\b")


def counted(count: int, noun: str) -> str:
    """Formats a count with its noun, which becomes a plural unless there is one.

    >>> counted(1, "cascade"), counted(2000, "cascade")
    ('1 cascade', '2,000 cascades')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def counted_plural(count: int, name: str) -> str:
    """Formats a count with its name, whose noun is the first plural and becomes a singular if there is one.

    >>> counted_plural(1, "next users not seen in training"), counted_plural(2, "users")
    ('1 next user not seen in training', '2 users')
    >>> counted_plural(1, "cascades that are in training, too")
    '1 cascade that is in training, too'
    """
    if count == 1:
        name = PLURAL.sub("", name, count=1).replace(" that are ", " that is ", 1)
    return f"{count:,} {name}"
