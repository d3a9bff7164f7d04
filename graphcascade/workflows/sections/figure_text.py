from __future__ import annotations

from graphcascade.data.described_figures import TIME_FIGURES
from graphcascade.data.time_units import format_time
from graphcascade.number_text import format_number

__all__ = ["figure_text"]


def figure_text(name: str, value: object, time_unit: str | None, times_are_dates: bool) -> str:
    """Formats a figure of a description of data.

    Args:
        name: Name of the figure.
        value: Its value.
        time_unit: Unit of the times of the data.
        times_are_dates: Whether these times were read from dates.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if name in TIME_FIGURES:
            return format_time(value, time_unit, times_are_dates)
        return format_number(value, ",.4f").rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)
