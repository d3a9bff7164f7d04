from __future__ import annotations

import torch
from torch_geometric.data import Data

from graphcascade.data.cascades.as_dataset import as_dataset
from graphcascade.data.cascades.dataset import CascadeDataset
from graphcascade.data.segments import segment_positions
from graphcascade.errors import UsageError

__all__ = ["successor_graph"]


def successor_graph(data: CascadeDataset, window: int = 1) -> Data:
    """Returns the graph of who came after whom in cascades.

    Give it the training cascades only: a graph of all cascades would tell a model about those that it is tested on.

    Args:
        data: Cascades.
        window: A user is linked to the users of the next ``window`` events of the cascade.

    Returns:
        ``Data(edge_index [2, M], edge_weight [M] float64, num_nodes)``, sorted: edges from a user to a later one, and
        in how many cascades these two are at most ``window`` events apart in this order.

    Raises:
        UsageError: ``window`` is below 1.
    """
    if window < 1:
        raise UsageError(argument="window", value=window, reason="must be at least 1")
    table, num_users = as_dataset(data, "data").table, data.num_users
    position = segment_positions(table.ptr)
    pair = torch.empty(0, dtype=torch.long)
    count = torch.empty(0, dtype=torch.long)
    later = torch.arange(position.numel())
    for lag in range(1, min(window, int(table.size.max()) - 1 if len(data) else 0) + 1):
        later = later[position[later] >= lag]
        key, added = torch.unique(table.user[later - lag] * num_users + table.user[later], return_counts=True)
        pair, group = torch.unique(torch.cat([pair, key]), return_inverse=True)
        count = torch.zeros(pair.numel(), dtype=torch.long).index_add_(0, group, torch.cat([count, added]))
    return Data(
        edge_index=torch.stack([pair // num_users, pair % num_users]),
        edge_weight=count.double(),
        num_nodes=num_users,
    )
