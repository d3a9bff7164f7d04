from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from graphcascade.nn.overlapping_slices import overlapping_slices

__all__ = ["WindowSteps"]


@dataclass(frozen=True)
class WindowSteps:
    """Vectors of posts as they are at the steps of sliding windows over runs of posts, without a copy for each window.

    A post whose vector depends on its neighbours in the window has three of them: where it is the first post of its
    window, the last, or between. Step p of all T windows of a run is a slice of one of the three.

    Args:
        length: Posts in a window, l.
        first: Vectors of posts 0 to T - 1, as first posts, ``[R, T, dim]``. With ``length=1`` it is ``None``.
        inner: Vectors of posts 1 to T + l - 3, as posts between, ``[R, T + l - 3, dim]``; ``None`` below ``length=3``.
        last: Vectors of posts l - 1 to T + l - 2, as last posts, ``[R, T, dim]``.
    """

    length: int
    first: Tensor | None
    inner: Tensor | None
    last: Tensor

    @classmethod
    def of(cls, x: Tensor, length: int) -> WindowSteps:
        """Returns the steps of vectors that are the same everywhere in a window, ``[R, T + length - 1, dim]``."""
        if length == 1:
            return cls(1, None, None, x)
        size = x.size(1)
        bounds = [(0, size - length + 1), (length - 1, size)]
        if length > 2:
            bounds.append((1, size - 1))
        first, last, *inner = overlapping_slices(x, bounds)
        return cls(length, first, inner[0] if inner else None, last)

    @property
    def variants(self) -> list[Tensor]:
        """Those of the three that there are."""
        return [x for x in (self.first, self.inner, self.last) if x is not None]

    def replace(self, variants: Sequence[Tensor]) -> WindowSteps:
        """Returns steps with other :attr:`variants`."""
        first = variants[0] if self.first is not None else None
        return WindowSteps(self.length, first, variants[1] if self.inner is not None else None, variants[-1])

    def map(self, function: Callable[[Tensor], Tensor]) -> WindowSteps:
        """Applies a function to each of the three."""
        return self.replace([function(x) for x in self.variants])

    def linear(self, weight: Tensor) -> WindowSteps:
        """Multiplies all vectors with a matrix ``[out, dim]``, in one product."""
        rows = [x.flatten(0, 1) for x in self.variants]
        products = (torch.cat(rows) @ weight.t()).split([x.size(0) for x in rows])
        return self.replace([y.view(*x.shape[:2], -1) for x, y in zip(self.variants, products, strict=True)])

    def split(self, sizes: Sequence[int]) -> list[WindowSteps]:
        """Divides all vectors into parts of these sizes."""
        return [self.replace(parts) for parts in zip(*(x.split(list(sizes), -1) for x in self.variants), strict=True)]

    def __add__(self, other: WindowSteps) -> WindowSteps:
        return self.replace([x + y for x, y in zip(self.variants, other.variants, strict=True)])

    def step(self, number: int) -> Tensor:
        """Returns the vectors at a step of all windows, ``[R, T, dim]``; a view."""
        if number == self.length - 1:
            return self.last
        if number == 0:
            assert self.first is not None  # for length > 1
            return self.first
        assert self.inner is not None  # for length > 2
        return self.inner[:, number - 1 : number - 1 + self.last.size(1)]

    def stack(self) -> Tensor:
        """Returns the vectors of all steps, ``[length, R, T, dim]``; a copy."""
        count = self.last.size(1)
        inner: tuple[Tensor, ...] = ()
        if self.inner is not None:
            inner = overlapping_slices(self.inner, [(begin, begin + count) for begin in range(self.length - 2)])
        return torch.stack([*([] if self.first is None else [self.first]), *inner, self.last])
