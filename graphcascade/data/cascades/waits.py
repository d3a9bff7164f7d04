"""How long cascades pause between two events."""

from __future__ import annotations

import torch

from graphcascade.data.cascades.dataset import CascadeDataset
from graphcascade.data.segments import segment_steps

__all__ = ["LONG_WAIT", "long_wait"]

DIGIT = 16  # bits of a wait that are decided by one reading of all events

LONG_WAIT = 0.9
"""Share of the waits between two events of a cascade that are shorter than a long one."""


def long_wait(cascades: CascadeDataset) -> float | None:
    """Returns a wait that is longer than 90 % of those between two successive events of a cascade.

    A cascade that has been silent for longer counts as finished. Events are read in portions.

    Args:
        cascades: The cascades.

    Returns:
        The wait in the unit of the times; ``None`` if no cascade has two events.
    """
    count = int((cascades.sizes - 1).sum())
    if count == 0:
        return None
    rank = min(count - 1, int(LONG_WAIT * count))  # of the wait among all in order
    # The bits of floats that are not negative are integers in the same order. The digits of the wait are found one
    # after the other: each is the one that as many of the waits with the digits before it reach as the rank says.
    digits = 0
    for shift in range(64 - DIGIT, -1, -DIGIT):
        counts = torch.zeros(2**DIGIT, dtype=torch.long)
        for table in cascades.tables():
            waits = segment_steps(table.time, table.ptr).clamp_(min=0).add_(0.0)  # -0.0 becomes 0.0
            leading = waits.view(torch.long) >> shift
            counts += torch.bincount(leading[leading >> DIGIT == digits] % 2**DIGIT, minlength=2**DIGIT)
        smaller = counts.cumsum(0)
        digit = int(torch.searchsorted(smaller, rank, right=True))
        rank -= int(smaller[digit] - counts[digit])
        digits = digits << DIGIT | digit
    return float(torch.tensor(digits).view(torch.double))
