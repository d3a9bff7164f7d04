from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data.cascades.dataset import CascadeDataset
from graphcascade.data.time_units import SECONDS
from graphcascade.errors import DataError, UsageError, shorten

__all__ = ["in_time_unit", "match_users"]

logger = logging.getLogger(__name__)


def match_users(dataset: CascadeDataset, user_ids: npt.NDArray[np.object_] | None) -> CascadeDataset:
    """Renumbers the users of a dataset as a model numbers them.

    Args:
        dataset: Cascades over any users.
        user_ids: Ids of the model's users, ``[U]``; ``None`` leaves everything as it is.

    Returns:
        A dataset in which user ``v < U`` is ``user_ids[v]``; users that are not among them are numbered from ``U`` on.
        If numbers change, graphs over users are left out; a ``transform`` still sees the dataset's own numbers, because
        it may depend on them.

    Raises:
        DataError: No user of the dataset is known to the model.
    """
    if user_ids is None or np.array_equal(dataset.user_ids, user_ids):
        return dataset
    table = dataset._table
    number = pd.Index(user_ids).get_indexer(pd.Index(table.user_ids))
    unknown = number < 0
    if unknown.all():
        raise DataError(
            f"{dataset.name}: none of its {dataset.num_users:,} users is known to the model (it has "
            f"{shorten(table.user_ids[0])!r}, the model has {shorten(user_ids[0])!r}, ...): check that both "
            "name the same users."
        )
    number[unknown] = len(user_ids) + np.arange(int(unknown.sum()))
    view = copy.copy(dataset)
    if dataset.transform is not None:
        view.transform = _RenumberedTransform(dataset.transform, torch.from_numpy(number))
    split, indices = dataset.split, dataset._indices
    view._set_table(
        replace(
            table,
            user=torch.from_numpy(number)[table.user],
            user_ids=np.concatenate([user_ids, table.user_ids[unknown]]),
            follow_graph=None,
            true_graph=None,
        )
    )
    view._split, view._indices = split, indices
    return view


def in_time_unit(dataset: CascadeDataset, time_unit: str | None, required: bool = False) -> CascadeDataset:
    """Converts the times of a dataset to the unit of a model's training, and logs it.

    Args:
        dataset: The cascades.
        time_unit: Unit of the training, or ``None`` if it is not known.
        required: Whether to raise an error if only one of the two units is known. Otherwise the times stay as they are.

    Raises:
        UsageError: Only one of the two units is known, and ``required`` is true.
    """
    table = dataset._table
    if required and (time_unit is None) != (table.time_unit is None):
        if time_unit is None:
            raise UsageError(
                f"{dataset.name}: its times are in {table.time_unit}, and the model was trained on times without a "
                "unit; train the model on times with a unit."
            )
        raise UsageError(
            value=dataset.name,
            reason=f"its times have no unit, and the model was trained on times in {time_unit}; state the unit when "
            "the data are read, for example with",
            remedy=("time_unit", time_unit),
        )
    if time_unit == table.time_unit or time_unit not in SECONDS or table.time_unit not in SECONDS:
        return dataset
    logger.info(
        "%s: times are converted from %s to %s, the unit of the model's training.",
        dataset.name,
        table.time_unit,
        time_unit,
    )
    view = copy.copy(dataset)
    split, indices = dataset.split, dataset._indices
    factor = SECONDS[table.time_unit] / SECONDS[time_unit]
    horizon, recorded = (None if time is None else time * factor for time in (table.horizon, table.recorded))
    view._set_table(replace(table, time=table.time * factor, time_unit=time_unit, horizon=horizon, recorded=recorded))
    view._split, view._indices = split, indices
    return view


class _RenumberedTransform:
    """Applies a transform to cascades whose users were renumbered: it sees the old numbers.

    Args:
        transform: The transform.
        number: New number of each user by the old one, ``[U]``.
    """

    def __init__(self, transform: Callable[[Any], Any], number: Tensor) -> None:
        self.transform = transform
        self.number = number
        self.old = torch.empty(int(number.max()) + 1, dtype=torch.long)
        self.old[number] = torch.arange(number.numel())

    def __call__(self, data: Any) -> Any:
        data.user = self.old[data.user]
        data = self.transform(data)
        data.user = self.number[data.user]
        return data
