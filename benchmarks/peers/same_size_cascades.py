from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.data.numbered_ids import numbered_ids


def same_size_cascades(user: Tensor, when: Tensor) -> CascadeDataset:
    """Returns cascades from the users and times of their events, ``[C, S]`` each."""
    count, size = user.shape
    num_users = int(user.max()) + 1
    ids = numbered_ids(max(num_users, count))
    table = CascadeTable(
        user=user.reshape(-1),
        time=when.reshape(-1),
        ptr=torch.arange(count + 1) * size,
        item=torch.arange(count),
        user_ids=ids[:num_users],
        item_ids=ids[:count],
    )
    return CascadeDataset(table)
