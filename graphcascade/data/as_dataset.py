from __future__ import annotations

import functools
import operator
from typing import Any

from torch.utils.data import ConcatDataset, Subset

from graphcascade.data.dataset import CascadeDataset
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
            joins parts of different datasets.
    """
    if isinstance(cascades, CascadeDataset):
        return cascades
    if isinstance(cascades, Subset):
        return as_dataset(cascades.dataset, name).index_select([int(index) for index in cascades.indices])
    if isinstance(cascades, ConcatDataset):
        return functools.reduce(operator.add, [as_dataset(part, name) for part in cascades.datasets])
    raise UsageError(
        f"{name} is a {type(cascades).__name__}: give a CascadeDataset, which knows the ids of its users; "
        "dataset[[0, 2, 5]] selects some of its cascades."
    )
