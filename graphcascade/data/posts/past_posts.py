"""What the earlier posts of a group tell, such as those of the same user or category.

Posts are in order of time, and earlier means before in this order. All functions sort the posts by group once, so they
take ``O(N log N)`` time for ``N`` posts and no loop in Python.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["last_values", "moving_means", "past_sums", "recent_counts"]


def past_sums(group: Tensor, value: Tensor, until: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Sums the known values of the earlier posts of the same group.

    Args:
        group: Group of each post, ``[N]`` int64; -1 for none.
        value: A value of each post, ``[N]``; NaN if it is not known.
        until: For each post, the first post whose value is left out, ``[N]`` int64, at most the post itself; the post
            itself by default.

    Returns:
        The sums ``[N]`` float64 and how many values each has ``[N]`` int64; 0 for a post without a group.

    >>> past_sums(torch.tensor([0, 1, 0, 0]), torch.tensor([5.0, 1.0, 7.0, 2.0]))
    (tensor([ 0.,  0.,  5., 12.], dtype=torch.float64), tensor([0, 0, 1, 2]))
    """
    order, start = _sort(group)
    end = torch.arange(group.numel(), device=group.device)
    if until is not None:
        key = group[order] * group.numel()
        end = torch.searchsorted(key + order, key + until[order])
    known = ~value.isnan()
    none = (group < 0)[order]
    results = []
    for each in (torch.where(known, value.double(), 0.0), known.long()):
        total = _cumulative(each[order])
        results.append(_unsort((total[end] - total[start]).masked_fill(none, 0), order))
    return results[0], results[1]


def last_values(group: Tensor, value: Tensor) -> Tensor:
    """Finds the latest known value among the earlier posts of the same group.

    Args:
        group: Group of each post, ``[N]`` int64; -1 for none.
        value: A value of each post, ``[N]``; NaN if it is not known.

    Returns:
        The values, ``[N]``; NaN if there is none.

    >>> last_values(torch.tensor([0, 1, 0, 0]), torch.tensor([5.0, 1.0, float("nan"), 2.0]))
    tensor([nan, nan, 5., 5.])
    """
    order, start = _sort(group)
    value_sorted = value[order]
    place = torch.arange(group.numel(), device=group.device)
    latest = torch.where(value_sorted.isnan(), -1, place).cummax(0).values if group.numel() else place
    before = torch.cat([latest.new_full((1,), -1), latest[:-1]])[: group.numel()]
    found = (before >= start) & (group >= 0)[order]
    return _unsort(torch.where(found, value_sorted[before.clamp(min=0)], torch.nan), order)


def moving_means(group: Tensor, value: Tensor, length: int) -> Tensor:
    """Averages the values of a post and of the posts before it in the same group, ``length`` in all.

    Args:
        group: Group of each post, ``[N]`` int64; the posts without a group, -1, keep their values.
        value: Values of each post, ``[N, F]``; NaN if not known. They are left out of the averages.
        length: Number of posts.

    Returns:
        The averages, ``[N, F]``, of the type of ``value``; NaN if no value is known.

    >>> moving_means(torch.tensor([0, 1, 0, 0]), torch.tensor([[5.0], [1.0], [7.0], [2.0]]), length=2).view(-1)
    tensor([5.0000, 1.0000, 6.0000, 4.5000])
    """
    order, start = _sort(group)
    place = torch.arange(group.numel(), device=group.device)
    begin = torch.maximum(start, place - length + 1)
    begin = torch.where((group < 0)[order], place, begin)
    result = torch.empty_like(value)
    for column in range(value.size(1)):  # one at a time, so that the sums in double precision take little memory
        sorted_value = value[order, column].double()
        known = ~sorted_value.isnan()
        total = _cumulative(sorted_value.nan_to_num(0.0))
        count = _cumulative(known.long())
        mean = (total[place + 1] - total[begin]) / (count[place + 1] - count[begin])
        result[order, column] = mean.to(value.dtype)
    return result


def recent_counts(group: Tensor, length: int) -> Tensor:
    """Counts the posts of the same group among the ``length`` posts before.

    Args:
        group: Group of each post, ``[N]`` int64; -1 for none.
        length: Number of posts, of any group.

    Returns:
        The counts, ``[N]`` int64; 0 for a post without a group.

    >>> recent_counts(torch.tensor([0, 1, 0, 0]), length=2)
    tensor([0, 0, 1, 1])
    """
    order, start = _sort(group)
    place = torch.arange(group.numel(), device=group.device)
    key = group[order] * group.numel() + order  # ascending
    oldest = group[order] * group.numel() + (order - length).clamp(min=0)
    count = place - torch.maximum(torch.searchsorted(key, oldest), start)
    return _unsort(count.masked_fill((group < 0)[order], 0), order)


def _sort(group: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the posts sorted by group and then time, and where the group of each of them starts in this order."""
    order = torch.argsort(group, stable=True)
    sorted_group = group[order]
    return order, torch.searchsorted(sorted_group, sorted_group)


def _cumulative(value: Tensor) -> Tensor:
    """The sums of the first 0, 1, 2, ... values, ``[N + 1]``."""
    return torch.cat([value.new_zeros(1), value.cumsum(0)])


def _unsort(value: Tensor, order: Tensor) -> Tensor:
    result = torch.empty_like(value)
    result[order] = value
    return result
