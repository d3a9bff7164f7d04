"""Small cascades for tests of models of the final size."""

from __future__ import annotations

import torch

from graphcascade.data import CascadeDataset
from tests.models.small_data import dataset_of


def growing_cascades(count: int = 60, seed: int = 0, num_users: int = 200) -> CascadeDataset:
    """Returns cascades that start 100 apart; the more events happen before time 10, the more happen after it."""
    generator = torch.Generator().manual_seed(seed)
    users, times = [], []
    for number in range(count):
        early = int(torch.randint(1, 12, (1,), generator=generator))
        late = int(early * 2 + torch.randint(0, 3, (1,), generator=generator))
        first = torch.rand(early, generator=generator, dtype=torch.float64) * 9.9
        rest = 10 + torch.rand(late, generator=generator, dtype=torch.float64) * 80
        time = torch.cat([torch.zeros(1, dtype=torch.float64), first.sort().values, rest.sort().values])
        times.append((100.0 * number + time).tolist())
        users.append(torch.randperm(num_users, generator=generator)[: 1 + early + late].tolist())
    parent = torch.cat([torch.tensor([0] + [max(0, k - 2) for k in range(1, len(each))]) for each in users])
    return dataset_of(users, num_users, times, time_unit="s", parent=parent)
