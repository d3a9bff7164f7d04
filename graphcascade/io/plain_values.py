"""Type checks of the plain values in files: before they are written, and when they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graphcascade.data.time_units import SECONDS
from graphcascade.errors import DataError
from graphcascade.io.lines import shorten

__all__ = ["check_fields", "check_plain", "is_count", "is_dict", "is_time_unit", "is_unique_strings"]


def check_fields(path: str | Path, description: Any, fields: Mapping[str, Callable[[Any], bool]]) -> None:
    """Raises an error if a description that was read from a file lacks a field, or a field has another type.

    Args:
        path: The file.
        description: The values that were read from it.
        fields: For each field, a function that returns whether a value has the right type.

    Raises:
        DataError: A field is missing or has another type.
    """
    advice = "use another file, or create it again"
    if not isinstance(description, dict):
        raise DataError(f"{path}: not a complete file of graphcascade (it has no description); {advice}.")
    for name, is_valid in fields.items():
        if name not in description:
            raise DataError(f"{path}: not a complete file of graphcascade ({name!r} is missing); {advice}.")
        if not is_valid(description[name]):
            found = shorten(repr(description[name]))
            raise DataError(f"{path}: not a complete file of graphcascade ({name!r} is {found}); {advice}.")


def check_plain(value: Any, name: str = "") -> None:
    """Raises an error if a value would not be the same after writing it as JSON and reading it again.

    Raises:
        TypeError: The value has a type that JSON lacks, or a key that is not a string.
    """
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{name + ' has ' if name else ''}the key {key!r}, which is not a string")
            check_plain(inner, key)
    elif isinstance(value, list | tuple):
        for inner in value:
            if not isinstance(inner, str):  # most values of long lists are ids
                check_plain(inner, name)
    elif not (value is None or isinstance(value, bool | int | float | str)):
        raise TypeError(f"{name or 'it'} is of the type {type(value).__name__}")


def is_unique_strings(value: Any) -> bool:
    """Whether a value is a list of different strings."""
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value) and len(set(value)) == len(value)


def is_dict(value: Any) -> bool:
    """Whether a value is a dictionary."""
    return isinstance(value, dict)


def is_count(value: Any) -> bool:
    """Whether a value is an integer of 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_time_unit(value: Any) -> bool:
    """Whether a value is a unit of time, or ``None``."""
    return value is None or (isinstance(value, str) and value in SECONDS)
