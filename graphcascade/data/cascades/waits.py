"""How long cascades pause between two events."""

from __future__ import annotations

from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import segment_steps

__all__ = ["LONG_WAIT", "long_wait"]

LONG_WAIT = 0.9
"""Share of the waits between two events of a cascade that are shorter than a long one."""


def long_wait(table: CascadeTable) -> float | None:
    """Returns a wait that is longer than 90 % of those between two successive events of a cascade.

    A cascade that has been silent for longer counts as finished.

    Args:
        table: The cascades.

    Returns:
        The wait in the unit of the times; ``None`` if no cascade has two events.
    """
    waits = segment_steps(table.time, table.ptr)
    if waits.numel() == 0:
        return None
    return float(waits.sort().values[min(waits.numel() - 1, int(LONG_WAIT * waits.numel()))])
