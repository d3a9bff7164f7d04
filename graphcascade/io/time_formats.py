"""Names of the forms that times can have."""

from __future__ import annotations

from graphcascade.errors import UsageError, suggest

__all__ = ["TIME_FORMATS", "check_time_format"]

TIME_FORMATS = ("day-first", "month-first", "iso", "twitter", "unix", "unix-ms")
"""Names of forms of times; others are patterns of strptime."""


def check_time_format(time_format: str | None) -> None:
    """Raises an error if a form of times is neither a known name nor a pattern of strptime.

    Raises:
        UsageError: The form is unknown.
    """
    if time_format is not None and time_format not in TIME_FORMATS and "%" not in time_format:
        listed = f"use {', '.join(TIME_FORMATS)}, or a pattern such as %d.%m.%Y"
        reason = suggest(time_format, TIME_FORMATS, listed).removesuffix("?")
        raise UsageError(argument="time_format", value=time_format, reason=reason)
