from __future__ import annotations

from graphcascade.data import CascadeDataset

__all__ = ["example_cascade"]


def example_cascade(dataset: CascadeDataset, users: int = 14) -> int:
    """Number of a cascade to draw: the first whose size is nearest to ``users``, so that it is legible."""
    return int((dataset.table.size - users).abs().argmin())
