from __future__ import annotations

import functools
import operator
from typing import Any

from torch.utils.data import ConcatDataset, Subset

from graphcascade.data.dataset import CascadeDataset
from graphcascade.errors import UsageError

__all__ = ["as_dataset"]


def as_dataset(cascades: Any, name: str) -> CascadeDataset:
    """A dataset of these cascades, over the same users.

    Args:
        cascades: A dataset; or a :class:`torch.utils.data.Subset` of one, or a
            :class:`torch.utils.data.ConcatDataset` of parts of one, in any depth. They are no part of a split.
        name: What messages call the argument.

    Raises:
        UsageError: Anything else, such as a list of cascades, which does not say who its users are; parts of different
            datasets.
    """
    if isinstance(cascades, CascadeDataset):
        return cascades
    if isinstance(cascades, Subset):
        return as_dataset(cascades.dataset, name).index_select([int(index) for index in cascades.indices])
    if isinstance(cascades, ConcatDataset):
        return functools.reduce(operator.add, [as_dataset(part, name) for part in cascades.datasets])
    raise UsageError(
        f"{name} is a {type(cascades).__name__}: give a CascadeDataset, which knows the ids of its users; "
        "dataset[[0, 2, 5]] is one of some of its cascades."
    )
