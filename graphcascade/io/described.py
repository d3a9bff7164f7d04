"""Types of the plain values that describe a file: checked before they are written, and when they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graphcascade.data.time_units import SECONDS
from graphcascade.errors import DataError
from graphcascade.io.lines import shorten

__all__ = ["check_fields", "check_plain", "is_count", "is_names", "is_texts", "is_time_unit"]


def check_fields(path: str | Path, description: Any, fields: Mapping[str, Callable[[Any], bool]]) -> None:
    """Raises an error if a description that was read from a file lacks a field, or a field has another type.

    Args:
        path: The file.
        description: What it says.
        fields: Names of the fields, and whether a value fits.

    Raises:
        DataError: A field is missing or does not fit.
    """
    advice = "give another, or make it again"
    if not isinstance(description, dict):
        raise DataError(f"{path}: not a complete file of graphcascade (it describes nothing); {advice}.")
    for name, fits in fields.items():
        if name not in description:
            raise DataError(f"{path}: not a complete file of graphcascade ({name!r} is missing); {advice}.")
        if not fits(description[name]):
            found = shorten(repr(description[name]))
            raise DataError(f"{path}: not a complete file of graphcascade ({name!r} is {found}); {advice}.")


def check_plain(value: Any, name: str = "") -> None:
    """Raises an error if a value would not be the same after JSON, where all names are text.

    Raises:
        TypeError: It is no plain value, or has a name that is not text.
    """
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{name + ' has ' if name else ''}the name {key!r}, which is not text")
            check_plain(inner, key)
    elif isinstance(value, list | tuple):
        for inner in value:
            if not isinstance(inner, str):  # most values of long lists are ids
                check_plain(inner, name)
    elif not (value is None or isinstance(value, bool | int | float | str)):
        raise TypeError(f"{name or 'it'} is a {type(value).__name__}")


def is_texts(value: Any) -> bool:
    """Whether a value is a list of texts, all different."""
    return isinstance(value, list) and all(isinstance(text, str) for text in value) and len(set(value)) == len(value)


def is_names(value: Any) -> bool:
    """Whether a value is a dictionary; in JSON its names are texts."""
    return isinstance(value, dict)


def is_count(value: Any) -> bool:
    """Whether a value is a whole number of 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_time_unit(value: Any) -> bool:
    """Whether a value is a unit of time, or ``None``."""
    return value is None or (isinstance(value, str) and value in SECONDS)
