from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.loader.cascade_loader import CascadeLoader

__all__ = ["BalancedLoader"]


class BalancedLoader(CascadeLoader):
    """Mini-batches of which half come from one group of cascades and half from the others, in random order.

    An epoch has as many batches as without groups; a group that is too small for its half is gone through several
    times, and of the other one some cascades wait for the next epoch.

    Args:
        dataset: The cascades.
        group: Which of them are in the first group, ``[N]`` bool.
        batch_size: Cascades in a batch, of which the first group has half, rounded up.
        seed: Seed of the orders.

    Raises:
        UsageError: Batches of fewer than two; a group without a cascade.
    """

    def __init__(self, dataset: CascadeDataset, group: Tensor, batch_size: int = 32, seed: int = 0) -> None:
        if batch_size < 2:
            raise UsageError(f"BalancedLoader: batch_size={batch_size}, halves need at least 2.")
        if group.shape != (len(dataset),):
            raise UsageError(f"BalancedLoader: group {list(group.shape)}, {dataset!r} has {len(dataset):,} cascades.")
        super().__init__(dataset, batch_size, shuffle=True, pool_size=1, seed=seed)
        self.groups = [group.nonzero().view(-1), (~group).nonzero().view(-1)]
        if any(one.numel() == 0 for one in self.groups):
            raise UsageError("BalancedLoader: one of the groups has no cascade.")

    def _configuration(self) -> dict[str, int]:
        return {**super()._configuration(), "first": self.groups[0].numel()}

    def _plan(self, epoch: int) -> tuple[Tensor, Tensor]:
        count = len(self.dataset)
        bounds = (torch.arange(len(self) + 1) * self.batch_size).clamp(max=count)
        generator = torch.Generator().manual_seed(self.seed + epoch)
        place = torch.arange(count) % self.batch_size
        first = place < torch.repeat_interleave((bounds.diff() + 1) // 2, bounds.diff())
        order = torch.empty(count, dtype=torch.long)
        for mine, group in zip((first, ~first), self.groups, strict=True):
            wanted = int(mine.sum())
            rounds = -(-wanted // group.numel())
            shuffled = [group[torch.randperm(group.numel(), generator=generator)] for _ in range(rounds)]
            order[mine] = torch.cat([group[:0], *shuffled])[:wanted]
        return order, bounds
