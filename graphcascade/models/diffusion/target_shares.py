"""Division of networks among processes by the users who are infected: links to different users are independent."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import segment_positions
from graphcascade.processes import gather_objects, own_cases

__all__ = ["divide_links", "gather_links", "own_targets"]


def own_targets(table: CascadeTable) -> Tensor:
    """Returns whether this process infers the links to each user, bool ``[num_users]``.

    The processes have nearly the same number of pairs of events.
    """
    pairs = torch.bincount(table.user, segment_positions(table.ptr).double(), minlength=table.num_users)
    return own_cases(pairs)


def gather_links(edge_index: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the links of all processes, sorted by their first user, then by the second one.

    Args:
        edge_index: Links of this process, ``[2, M]``, sorted in this way; no other process has one of them.
        weight: Their weights, ``[M]``.
    """
    found = gather_objects((edge_index, weight))
    if len(found) == 1:
        return edge_index, weight
    edge_index, weight = torch.cat([part[0] for part in found], dim=1), torch.cat([part[1] for part in found])
    order = torch.argsort(edge_index[1], stable=True)
    order = order[torch.argsort(edge_index[0, order], stable=True)]
    return edge_index[:, order], weight[order]


def divide_links(
    edge_index: Tensor, table: CascadeTable, work: Callable[[Tensor], tuple[Tensor, ...]]
) -> tuple[Tensor, ...]:
    """Divides the work on links among the processes, and returns the results for all links in all processes.

    Args:
        edge_index: The links, ``[2, M]``.
        table: The cascades.
        work: Returns tensors with a row for each of the links whose numbers it is given; all links to the same user are
            among these, or none.
    """
    number = own_targets(table)[edge_index[1]].nonzero().view(-1)
    found = gather_objects((number, work(number)))
    place = torch.argsort(torch.cat([part[0] for part in found]))
    return tuple(torch.cat(parts)[place] for parts in zip(*(part[1] for part in found), strict=True))
