from __future__ import annotations

import functools
import operator
from typing import Any

from torch.utils.data import ConcatDataset, Subset
from torch_geometric.data import HeteroData

from graphcascade.data.cascades.dataset import CascadeDataset
from graphcascade.errors import UsageError

__all__ = ["as_dataset"]


def as_dataset(cascades: Any, name: str) -> CascadeDataset:
    """Returns the cascades as a dataset over the same users.

    Args:
        cascades: A dataset; or a :class:`torch.utils.data.Subset` of one, or a
            :class:`torch.utils.data.ConcatDataset` of parts of one, in any depth. Subsets and concatenations do not
            count as a part of a split.
        name: Name of the argument in messages.

    Raises:
        UsageError: ``cascades`` has another type, such as a list, which does not hold the ids of the users; or it
            joins parts of different datasets, or parts with common cascades; or an index of a subset is out of range.
    """
    if isinstance(cascades, CascadeDataset):
        return cascades
    if isinstance(cascades, Subset):
        dataset = as_dataset(cascades.dataset, name)
        indices = [int(index) for index in cascades.indices]
        for index in indices:
            if not -len(dataset) <= index < len(dataset):
                reason = f"is a Subset with the index {index}, and its dataset has {len(dataset):,} cascades"
                raise UsageError(argument=name, reason=reason)
        return dataset.index_select(indices)
    if isinstance(cascades, ConcatDataset):
        return functools.reduce(operator.add, [as_dataset(part, name) for part in cascades.datasets])
    kind = type(cascades).__name__
    advice = "which knows the ids of its users; dataset[[0, 2, 5]] selects some of its cascades"
    if isinstance(cascades, HeteroData):
        advice = "because the model is one of cascades; RankingTrainer trains and tests models that rank tweets"
    raise UsageError(argument=name, reason=f"must be a CascadeDataset, not {kind}, {advice}")
