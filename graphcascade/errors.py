"""Errors with one clear line that says what was given, where, and what to do.

An error about one argument names it in fields rather than in free text, so that the command line can show the option
that was typed:

>>> error = UsageError(argument="max_epochs", value=0, reason="must be at least 1")
>>> print(error)
max_epochs=0: must be at least 1.
>>> error.argument, error.value
('max_epochs', 0)

The command line prints ``--max-epochs 0: must be at least 1.`` for it. An error that no single argument causes is a
sentence:

>>> print(UsageError("there is no result to compare."))
there is no result to compare.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

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
    "suggest",
]

LONGEST_WORD = 255  # file names may have so many characters
QUOTED = re.compile(r"""(?<!\w)(?P<quote>['"])(?!graphcascade )(?P<value>.*?)(?P=quote)(?!\w)""", re.DOTALL)
WORD = re.compile(rf"[^\s/\\]{{{LONGEST_WORD + 1},}}")
_NOT_GIVEN: Any = object()


def shorten(text: str) -> str:
    """A text of a file or of the user as messages show it: at most 60 characters of it."""
    return text if len(text) <= 60 else text[:57] + "..."


def shorten_values(message: str) -> str:
    """Shortens the values that a message quotes, but not commands, and unquoted words that no file name could be."""

    def cut(match: re.Match[str]) -> str:
        return match["quote"] + shorten(match["value"]) + match["quote"]

    return WORD.sub(lambda match: shorten(match[0]), QUOTED.sub(cut, message))


def suggest(name: str, known: Iterable[str], otherwise: str) -> str:
    """The end of a message about a name that is not known: the nearest known name, or other words if none is near.

    >>> suggest("max_epoch", ["batch_size", "max_epochs"], "leave it out.")
    'did you mean max_epochs?'
    """
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else otherwise


class GraphCascadeError(Exception):
    """Base of all errors that a user can correct; the command line prints them as one line.

    Args:
        reason: What is wrong and what to do: a whole sentence if it is the only field; otherwise the words after the
            argument or the value, without a full stop.
        argument: Name of the argument that is wrong.
        value: Its value. Without ``argument``, what the error is about, such as the path of a file.
        owner: Name of the class whose argument it is, such as ``"SourceFusion"``, where several classes are at work.
        remedy: An argument and the value that would avoid the error, such as ``("overwrite", True)``. The text ends
            with it, so that ``reason`` ends with words such as "replace it with".

    The arguments are attributes, too; those that are not given are ``None``.

    >>> print(UsageError(owner="SourceFusion", argument="dropout", value=2, reason="must be below 1"))
    SourceFusion(dropout=2): must be below 1.
    >>> print(StorageError(value="x.csv", reason="exists already; replace it with", remedy=("overwrite", True)))
    x.csv: exists already; replace it with overwrite=True.
    """

    def __init__(
        self,
        reason: str,
        *,
        argument: str | None = None,
        value: Any = _NOT_GIVEN,
        owner: str | None = None,
        remedy: tuple[str, Any] | None = None,
    ) -> None:
        self.reason = reason
        self.argument = argument
        self.has_value = value is not _NOT_GIVEN
        self.value = value if self.has_value else None
        self.owner = owner
        self.remedy = remedy
        super().__init__(self.describe())

    def __str__(self) -> str:
        return shorten_values(super().__str__())

    def describe(self, subject: str | None = None, remedy: str | None = None) -> str:
        """Returns the text of the fields, by default as Python code writes arguments.

        Args:
            subject: Words for the argument and its value, such as ``"--max-epochs 0"``.
            remedy: Words for the remedy, such as ``"--overwrite"``.

        >>> UsageError(argument="max_epochs", value=0, reason="must be at least 1").describe("--max-epochs 0")
        '--max-epochs 0: must be at least 1.'
        """
        start = "" if subject is None else f"{subject}: "
        if subject is None and self.argument is not None:
            assignment = _assignment(self.argument, self.value) if self.has_value else self.argument
            start = f"{assignment}: " if self.owner is None else f"{self.owner}({assignment}): "
        elif subject is None and self.has_value:
            start = f"{self.value}: "
        end = ""
        if self.remedy is not None:
            end = f" {remedy or _assignment(*self.remedy)}"
        text = f"{start}{self.reason}{end}"
        return f"{text}." if (start or end) and not text.endswith("?") else text


class UsageError(GraphCascadeError, ValueError):
    """An argument that does not fit."""


class DataError(GraphCascadeError, ValueError):
    """Data that cannot be right: the message names the file and the row."""


class UnknownNameError(GraphCascadeError, LookupError):
    """A name that the registry does not know; the message lists similar names."""


class MissingFileError(GraphCascadeError, FileNotFoundError):
    """A file that is not there."""


class DownloadError(GraphCascadeError, OSError):
    """A file that could not be fetched, or whose content is not what was published."""


class StorageError(GraphCascadeError, OSError):
    """A file that could not be written."""


def _assignment(argument: str, value: Any) -> str:
    return f"{argument}={value!r}" if isinstance(value, str) else f"{argument}={value}"
