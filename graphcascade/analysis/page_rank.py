from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.simulate.out_edges import OutEdges

__all__ = ["page_rank"]

MAX_ROUNDS = 10_000
TOLERANCE = 1e-12  # of the sum of absolute changes


def page_rank(edges: OutEdges, damping: float = 0.85) -> Tensor:
    r"""Computes the PageRank of users.

    `"The PageRank Citation Ranking" <http://ilpubs.stanford.edu:8090/422/>`_ (Page et al., 1999), with weighted links:
    a walk follows a link with the probability ``damping``, chosen in proportion to the weights, and else, or where
    there is no link, goes on at a uniform random user. The rank is the share of the visits. (The function of networkx
    needs scipy, on which this package does not depend.)

    Args:
        edges: The links that the walk follows.
        damping: Probability that the walk follows a link, in [0, 1).

    Returns:
        Ranks, ``[U]`` float64, of sum 1.
    """
    count = edges.num_users
    source = torch.repeat_interleave(torch.arange(count), edges.ptr.diff())
    strength = torch.bincount(source, edges.weight, minlength=count)
    share = edges.weight / strength[source]
    rank = torch.full((count,), 1 / count, dtype=torch.float64)
    for _ in range(MAX_ROUNDS):
        followed = torch.bincount(edges.target, share * rank[source], minlength=count)
        new = damping * followed + (1 - damping * float(followed.sum())) / count
        change = float((new - rank).abs().sum())
        rank = new
        if change < TOLERANCE:
            break
    return rank
