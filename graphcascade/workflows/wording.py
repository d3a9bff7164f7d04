"""Formats durations and links for the sections of a page."""

from __future__ import annotations

from graphcascade.data.time_units import SECONDS

__all__ = ["format_duration"]

NAMES = {"d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "ms", "us": "µs", "ns": "ns"}


def format_duration(duration: float, unit: str | None) -> str:
    """Formats a duration in the largest unit in which it is at least 2, such as "3.2 days"."""
    if unit is None:
        return f"{duration:,.4g} (in the unit of the times)"
    seconds = duration * SECONDS[unit]
    chosen = next((name for name in NAMES if seconds >= 2 * SECONDS[name]), unit)
    return f"{seconds / SECONDS[chosen]:,.3g} {NAMES[chosen]}"
