"""Small cascades for tests of models, evaluation and training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch_geometric.data import Batch

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.loader import CascadeLoader


def dataset_of(
    users: Sequence[Sequence[int]],
    num_users: int,
    times: Sequence[Sequence[float]] | None = None,
    user_ids: Sequence[str] | None = None,
    **changes: Any,
) -> CascadeDataset:
    """Returns cascades of these users; by default cascade ``n`` has the times 10 n, 10 n + 1, 10 n + 2, ..."""
    sizes = [len(cascade) for cascade in users]
    if times is None:
        times = [[10.0 * number + k for k in range(size)] for number, size in enumerate(sizes)]
    fields: dict[str, Any] = {
        "user": torch.tensor([user for cascade in users for user in cascade], dtype=torch.long),
        "time": torch.tensor([time for cascade in times for time in cascade], dtype=torch.float64),
        "ptr": torch.tensor([0, *sizes]).cumsum(0),
        "item": torch.arange(len(sizes)),
        "user_ids": np.array(user_ids or [f"u{user}" for user in range(num_users)], dtype=object),
        "item_ids": np.array([f"item {number}" for number in range(len(sizes))], dtype=object),
    }
    return CascadeDataset(CascadeTable(**{**fields, **changes}))


def random_dataset(sizes: Sequence[int], num_users: int, seed: int = 0, **changes: Any) -> CascadeDataset:
    """Returns cascades of these lengths, with random users at random times."""
    generator = torch.Generator().manual_seed(seed)
    users = [torch.randperm(num_users, generator=generator)[:size].tolist() for size in sizes]
    times = [torch.rand(size, generator=generator, dtype=torch.float64).cumsum(0).tolist() for size in sizes]
    return dataset_of(users, num_users, times, **changes)


def whole_batch(dataset: CascadeDataset) -> Batch:
    """Returns all cascades in one batch."""
    return next(iter(CascadeLoader(dataset, len(dataset))))
