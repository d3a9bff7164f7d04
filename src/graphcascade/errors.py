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
]


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
