"""Simulation of independent cascades."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from graphcascade.simulate.bit_set import BitSet
from graphcascade.simulate.out_edges import OutEdges
from graphcascade.simulate.spread import Events
from graphcascade.simulate.steps import Front, Transmissions, first_users, out_links, spread_in_steps
from graphcascade.simulate.uniforms import uniforms

__all__ = ["spread_independently"]


def spread_independently(edges: OutEdges, source: Tensor, key: Tensor, horizon: float, max_size: int | None) -> Events:
    r"""Simulates independent cascades: each link of an infected user transmits in the next step, or never.

    With the uniform random number :math:`u` and the probability :math:`p` of a link, it transmits if
    :math:`u \ge 1 - p`. Given this, :math:`(1 - u) / p` is uniform, too, and serves as the order within the step: each
    transmission to a user is equally likely to be the first. These are the arrivals of
    :data:`~graphcascade.simulate.delays.DELAYS`, with a delay of 1 for each step.

    Args:
        edges: The network.
        source: First users of the cascades, ``[C]``, or several of each, ``[C, S]``, infected at time 0.
        key: Keys of the cascades' random numbers, ``[C]``; number ``m`` belongs to column ``m`` of ``edge_index``.
        horizon: Time at which cascades end.
        max_size: Number of infections to simulate in each cascade, or ``None`` for all.
    """
    num_users = edges.num_users
    target, probability, number = edges.target.numpy(), edges.weight.numpy(), edges.number.numpy()
    failure = 1 - probability
    first = first_users(source)
    infected = BitSet(source.size(0) * num_users)
    infected.add(first.cascade * num_users + first.user)

    def transmit(front: Front, step: int) -> Transmissions:
        keys = key.numpy().take(front.cascade)
        rows = np.arange(front.user.size)
        parts = []
        for links in out_links(edges, front.user):
            uniform = uniforms(torch.from_numpy(links.repeat(keys)), torch.from_numpy(number.take(links.edge))).numpy()
            live = np.flatnonzero(uniform >= failure.take(links.edge))
            edge, sender = links.edge.take(live), links.repeat(rows).take(live)
            cascade, user = front.cascade.take(sender), target.take(edge)
            order = step + (1 - uniform.take(live)) / probability.take(edge) / 2
            new = np.flatnonzero(~infected.contains(cascade * num_users + user))
            parts.append(Transmissions(sender.take(new), cascade.take(new), user.take(new), order.take(new)))
        found = Transmissions.join(parts)
        infected.add(found.cascade * num_users + found.user)
        return found

    return spread_in_steps(transmit, source, num_users, horizon, max_size)
