from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_positions
from graphcascade.errors import UsageError
from graphcascade.loader.cascade_loader import CascadeLoader

__all__ = ["BalancedLoader"]


class BalancedLoader(CascadeLoader):
    """Mini-batches in random order, of which half of the cascades are from one group and half from the others.

    An epoch has as many batches as without groups: cascades of the smaller group are repeated, and some cascades of the
    larger group are left out of the epoch.

    Args:
        dataset: The cascades.
        group: Mask of the first group, ``[N]`` bool.
        batch_size: Cascades in a batch; half of them, rounded up, are from the first group.
        seed: Seed of the random orders.

    Raises:
        UsageError: ``batch_size`` is below 2; a group has no cascade.
    """

    def __init__(self, dataset: CascadeDataset, group: Tensor, batch_size: int = 32, seed: int = 0) -> None:
        if batch_size < 2:
            raise UsageError(
                owner="BalancedLoader", argument="batch_size", value=batch_size, reason="must be at least 2"
            )
        if group.shape != (len(dataset),):
            reason = f"has the shape {list(group.shape)}, must have [{len(dataset)}], an entry for each cascade"
            raise UsageError(owner="BalancedLoader", argument="group", reason=reason)
        super().__init__(dataset, batch_size, shuffle=True, pool_size=1, seed=seed)
        self.groups = [group.nonzero().view(-1), (~group).nonzero().view(-1)]
        if any(members.numel() == 0 for members in self.groups):
            reason = "must have cascades in it and cascades that are not in it"
            raise UsageError(owner="BalancedLoader", argument="group", reason=reason)

    def _configuration(self) -> dict[str, int]:
        return {**super()._configuration(), "first": self.groups[0].numel()}

    def _plan(self, epoch: int) -> tuple[Tensor, Tensor]:
        count = len(self.dataset)
        bounds = self._bounds()
        generator = torch.Generator().manual_seed(self.seed + epoch)
        position = segment_positions(bounds)
        first = position < torch.repeat_interleave((bounds.diff() + 1) // 2, bounds.diff())
        order = torch.empty(count, dtype=torch.long)
        for mask, group in zip((first, ~first), self.groups, strict=True):
            needed = int(mask.sum())
            rounds = -(-needed // group.numel())
            shuffled = [group[torch.randperm(group.numel(), generator=generator)] for _ in range(rounds)]
            order[mask] = torch.cat([group[:0], *shuffled])[:needed]
        return order, bounds
