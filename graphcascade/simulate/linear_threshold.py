"""The linear threshold model: its weights, its thresholds, and simulations."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.errors import DataError, shorten
from graphcascade.simulate.delays import DELAYS
from graphcascade.simulate.out_edges import OutEdges
from graphcascade.simulate.spread import Events
from graphcascade.simulate.steps import Front, Transmissions, first_users, out_links, spread_in_steps
from graphcascade.simulate.uniforms import uniforms

__all__ = ["spread_by_thresholds", "thresholds", "with_shares"]

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
    num_users = edges.num_users
    target, weight, number = edges.target.numpy(), edges.weight.numpy(), edges.number.numpy()
    first = first_users(source)
    cell = first.cascade * num_users + first.user
    # What the threshold of a user still lacks: infinite before the first neighbour is active, -infinite if the user is.
    lacking = reached.numpy()
    lacking[cell] = -np.inf
    touched = [cell]

    def transmit(front: Front, step: int) -> Transmissions:
        keys = key.numpy().take(front.cascade)
        rows, start = np.arange(front.user.size), front.cascade * num_users
        for links in out_links(edges, front.user):
            cell = links.repeat(start) + target.take(links.edge)
            fresh = np.flatnonzero(lacking.take(cell) == np.inf)
            touched.append(cell.take(fresh))
            user = target.take(links.edge.take(fresh))
            drawn = thresholds(torch.from_numpy(links.repeat(keys).take(fresh)), torch.from_numpy(user))
            lacking[touched[-1]] = drawn.numpy()
            np.subtract.at(lacking, cell, weight.take(links.edge))
        found = []
        for links in out_links(edges, front.user):
            value = lacking.take(links.repeat(start) + target.take(links.edge))
            new = np.flatnonzero((value <= 0) & (value > -np.inf))
            edge, sender = links.edge.take(new), links.repeat(rows).take(new)
            uniform = uniforms(torch.from_numpy(keys.take(sender)), torch.from_numpy(number.take(edge)))
            race = (-uniform.log()).numpy() / weight.take(edge)
            order = step + 0.5 / (1 + 1 / race)
            found.append(Transmissions(sender, front.cascade.take(sender), target.take(edge), order))
        adopted = Transmissions.join(found)
        lacking[adopted.cascade * num_users + adopted.user] = -np.inf
        return adopted

    events = spread_in_steps(transmit, source, num_users, horizon, max_size)
    lacking[np.concatenate(touched)] = np.inf
    return events
