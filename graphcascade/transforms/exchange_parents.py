from __future__ import annotations

import numpy as np
import torch
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from graphcascade.data import PostStream
from graphcascade.data.posts.require_stream import require_stream
from graphcascade.data.posts.schema import PARENT_OF
from graphcascade.data.seed import check_seed

__all__ = ["ExchangeParents"]


@functional_transform("exchange_parents")
class ExchangeParents(BaseTransform):
    """Exchanges the parents of categories at random, so that the hierarchy says nothing.

    It is a placebo for models that use the hierarchy. Parents are exchanged between the categories of each level, so
    that levels stay as they are and each parent keeps its number of children.

    Args:
        seed: Seed of the exchange.

    Raises:
        UsageError: The data are no stream of posts; the seed is negative.

    Example:
        >>> placebo = ExchangeParents(seed=0)(stream)
    """

    def __init__(self, seed: int = 0) -> None:
        check_seed(seed)
        self.seed = seed

    def forward(self, data: PostStream) -> PostStream:
        stream = require_stream(data, "data")
        rng = np.random.default_rng([self.seed, 2])
        parent, child = stream[PARENT_OF].edge_index
        level, parent = stream.level[child], parent.clone()
        for number in level.unique():
            rows = (level == number).nonzero().view(-1)
            parent[rows] = parent[rows[torch.from_numpy(rng.permutation(rows.numel()))]]
        stream[PARENT_OF].edge_index = torch.stack([parent, child])
        return stream

    def __repr__(self) -> str:
        return f"{type(self).__name__}(seed={self.seed})"
