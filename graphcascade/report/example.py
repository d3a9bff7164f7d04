from __future__ import annotations

from graphcascade.data import CascadeDataset

__all__ = ["example_cascade"]


def example_cascade(dataset: CascadeDataset, users: int = 14) -> int:
    """Returns the number of a cascade to draw: the first one whose size is closest to ``users``."""
    return int((dataset.table.size - users).abs().argmin())
