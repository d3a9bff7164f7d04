"""Errors with one clear line that says what was given, where, and what to do."""

from __future__ import annotations

import re

__all__ = [
    "DataError",
    "DownloadError",
    "GraphCascadeError",
    "MissingFileError",
    "StorageError",
    "UnknownNameError",
    "UsageError",
    "shorten",
    "shorten_values",
]

LONGEST_WORD = 255  # file names may have so many characters
QUOTED = re.compile(r"""(?<!\w)(?P<quote>['"])(?!graphcascade )(?P<value>.*?)(?P=quote)(?!\w)""", re.DOTALL)
WORD = re.compile(rf"[^\s/\\]{{{LONGEST_WORD + 1},}}")


def shorten(text: str) -> str:
    """A text of a file or of the user as messages show it: at most 60 characters of it."""
    return text if len(text) <= 60 else text[:57] + "..."


def shorten_values(message: str) -> str:
    """Shortens the values that a message quotes, but not commands, and unquoted words that no file name could be."""

    def cut(found: re.Match[str]) -> str:
        return found["quote"] + shorten(found["value"]) + found["quote"]

    return WORD.sub(lambda found: shorten(found[0]), QUOTED.sub(cut, message))


class GraphCascadeError(Exception):
    """Base of all errors that a user can correct; the command line prints them as one line."""

    def __str__(self) -> str:
        return shorten_values(super().__str__())


class UsageError(GraphCascadeError, ValueError):
    """An argument that does not fit."""


class DataError(GraphCascadeError, ValueError):
    """Data that cannot be right: the message names the file and the row."""


class UnknownNameError(GraphCascadeError, LookupError):
    """A name that the registry does not know; the message lists near misses."""


class MissingFileError(GraphCascadeError, FileNotFoundError):
    """A file that is not there."""


class DownloadError(GraphCascadeError, OSError):
    """A file that could not be fetched, or whose content is not what was published."""


class StorageError(GraphCascadeError, OSError):
    """A file that could not be written."""
