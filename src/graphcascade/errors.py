"""What users get told: one clear line with what was given, where, and what to do."""

from __future__ import annotations

__all__ = [
    "DataError",
    "DownloadError",
    "GraphCascadeError",
    "MissingFileError",
    "StorageError",
    "UnknownNameError",
    "UsageError",
    "shorten",
]


def shorten(text: str) -> str:
    """A text of a file or of the user as messages show it: at most 60 characters of it."""
    return text if len(text) <= 60 else text[:57] + "..."


class GraphCascadeError(Exception):
    """Base of every error that a user can mend; the command line prints it as one line."""


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
