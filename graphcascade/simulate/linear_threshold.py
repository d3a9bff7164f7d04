"""The linear threshold model: its weights, its thresholds, and simulations."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data.segments import expand_ranges, portions, segment_ids
from graphcascade.errors import DataError, shorten
from graphcascade.simulate.delays import DELAYS
from graphcascade.simulate.out_edges import OutEdges
from graphcascade.simulate.spread import MAX_TRANSMISSIONS, Arrivals, Events, to_events
from graphcascade.simulate.uniforms import uniforms

__all__ = ["spread_by_thresholds", "thresholds", "with_shares"]

STEP = DELAYS["discrete"]  # a step is a delay of 1
ROUNDING = 1e-6  # sums of weights that are above 1 by less than this are rounded


def with_shares(graph: Data, normalize: bool, user_ids: Sequence[str] | npt.NDArray[np.object_] | None = None) -> Data:
    """Checks that the weights of a graph are shares of influence: those of the edges to a user sum to 1 at most.

    Args:
        graph: ``edge_index`` ``[2, M]``, ``edge_weight`` ``[M]``, ``num_nodes``.
        normalize: Whether the weights of a user are divided by their sum where it is above 1, instead of an error.
        user_ids: Ids of the users in messages; numbers if left out.

    Returns:
        A new graph with float64 weights, which are a ``share``, and without facts about delays.

    Raises:
        UsageError: The graph has no users, edges or weights.
        DataError: An edge has an unknown user; a weight is negative or not finite; without ``normalize``, the weights
            of the edges to a user sum to more than 1.
    """
    weight = graph.get("edge_weight")
    if weight is not None:
        wrong = ~(weight.isfinite() & (weight >= 0)).view(-1)
        if bool(wrong.any()):
            edge = int(wrong.nonzero()[0])
            reason = f"edge {edge} has the weight {float(weight.view(-1)[edge]):g}; it must be finite and >= 0"
            raise DataError(argument="graph", reason=reason)
    edges = OutEdges.from_graph(graph, DELAYS["exponential"])  # checks the shapes and leaves loops out
    order = torch.argsort(edges.number)
    total = torch.bincount(edges.target[order], edges.weight[order], minlength=edges.num_users)
    above = (total > 1 + ROUNDING).nonzero().view(-1)
    if above.numel() and not normalize:
        user = int(above[0])
        name = str(user) if user_ids is None or user >= len(user_ids) else shorten(str(user_ids[user]))
        raise DataError(
            argument="graph",
            reason=f"the weights of the links to user {name!r} sum to {float(total[user]):.6g}; in the linear "
            "threshold model they are shares of influence, whose sum is at most 1. Divide the weights, or let each be "
            "divided by the sum where this is above 1, with",
            remedy=("normalize", True),
        )
    assert graph.edge_index is not None
    shares = copy.copy(graph)
    shares.edge_weight = graph["edge_weight"].double() / total.clamp(min=1)[graph.edge_index[1]]
    for name in ("delays", "time_unit", "horizon", "min_delay"):
        if name in shares:
            del shares[name]
    shares.weight_is = "share"
    return shares


def thresholds(key: Tensor, user: Tensor) -> Tensor:
    """Returns random numbers of users, ``[E]``, uniform on (0, 1), from the streams with the keys ``key`` ``[E]``."""
    return uniforms(key, -2 - user)  # -1 is the number of the source; edges have the numbers from 0


def spread_by_thresholds(
    edges: OutEdges, source: Tensor, key: Tensor, horizon: float, max_size: int | None, reached: Tensor
) -> Events:
    r"""Simulates cascades in the linear threshold model.

    A user :math:`v` adopts in the first step in which the active in-neighbours :math:`A` reach the user's threshold
    :math:`\theta_v`, which is uniform on (0, 1):

    .. math:: \sum_{u \in A} w_{uv} \ge \theta_v

    (`"Threshold Models of Collective Behavior" <https://doi.org/10.1086/226707>`_, Granovetter, 1978; `"Maximizing the
    Spread of Influence through a Social Network" <https://doi.org/10.1145/956750.956769>`_, Kempe, Kleinberg and
    Tardos, 2003). The parent is drawn from the neighbours who adopted in the step before, in proportion to their
    weights, because each of them takes the sum over the threshold with this probability. Users who adopt in the same
    step are in random order.

    Args:
        edges: The network; the weights of the edges to a user sum to 1 at most, see :func:`with_shares`.
        source: First users of the cascades, ``[C]``, or several of each, ``[C, S]``, active at time 0.
        key: Keys of the cascades' random numbers, ``[C]``.
        horizon: Number of steps after which cascades end.
        max_size: Number of users to simulate in each cascade, or ``None`` for all.
        reached: Workspace of at least ``C * num_users`` float64, all infinite; it is infinite again afterwards.
    """
    count, num_users = source.size(0), edges.num_users
    cell = (torch.arange(count).view(-1, 1) * num_users + source.view(count, -1)).view(-1)
    front = Arrivals(cell, cell, torch.zeros(cell.numel(), dtype=torch.float64))
    # What the threshold of a user still lacks: infinite before the first neighbour is active, -infinite if it is
    # reached.
    reached[cell] = float("-inf")
    size = torch.bincount(cell // num_users, minlength=count)
    found, touched, step = [front], [cell], 0
    while front.cell.numel() > 0 and step + 1 <= horizon:
        step += 1
        weighed = _weigh(edges, front, step, key, reached)
        touched.append(weighed.cell)
        front = _earliest(weighed.take(reached[weighed.cell] <= 0))
        reached[front.cell] = float("-inf")
        found.append(front)
        if max_size is not None:
            size += torch.bincount(front.cell // num_users, minlength=count)
            front = front.take(size[front.cell // num_users] < max_size)
    events = to_events(Arrivals.join(found), STEP, count, num_users, reached, max_size)
    reached[torch.cat(touched)] = float("inf")
    return events


def _weigh(edges: OutEdges, front: Arrivals, step: int, key: Tensor, reached: Tensor) -> Arrivals:
    """Subtracts the weights of the new users from the thresholds of those who follow them.

    Returns:
        For each follower who was not active before, the neighbour who is the parent if the threshold is reached: the
        one with the smallest of exponential random numbers with the weights as rates. There may be several rows of a
        follower, the parent being the earliest one.
    """
    user = front.cell % edges.num_users
    start, stop = edges.ptr[user], edges.ptr[user + 1]
    parts = [front.take(front.cell[:0])]
    for rows in portions(stop - start, MAX_TRANSMISSIONS):
        edge, ptr = expand_ranges(start[rows], stop[rows])
        row = segment_ids(ptr) + rows.start
        cell = front.cell[row] - user[row] + edges.target[edge]
        waiting = (reached[cell] > float("-inf")).nonzero().view(-1)
        edge, row, cell = edge[waiting], row[waiting], cell[waiting]
        cascade, weight = cell // edges.num_users, edges.weight[edge]
        fresh = cell[reached[cell].isinf()]
        reached[fresh] = thresholds(key[fresh // edges.num_users], fresh % edges.num_users)
        reached.index_add_(0, cell, weight, alpha=-1)
        race = -uniforms(key[cascade], edges.number[edge]).log() / weight
        # The order of the race is that of the users within the step, whose time is rounded down.
        parts.append(_earliest(Arrivals(cell, front.cell[row], step + 0.5 / (1 + 1 / race))))
    return Arrivals.join(parts)


def _earliest(arrivals: Arrivals) -> Arrivals:
    """Returns the earliest arrival of each cell, by cell."""
    arrivals = arrivals.take(torch.argsort(arrivals.arrival, stable=True))
    arrivals = arrivals.take(torch.argsort(arrivals.cell, stable=True))
    first = torch.ones_like(arrivals.cell, dtype=torch.bool)
    first[1:] = arrivals.cell.diff() > 0
    return arrivals.take(first)
