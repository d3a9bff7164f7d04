"""The greedy algorithm with lazy evaluation (CELF)."""

from __future__ import annotations

import heapq

import torch

from graphcascade.analysis.live_edges import LiveEdges
from graphcascade.progress import track

__all__ = ["lazy_greedy"]


def lazy_greedy(live: LiveEdges, k: int, progress: bool = False) -> tuple[list[int], float]:
    """Chooses ``k`` users, each the one who infects most users beside those whom the earlier ones infect.

    The gain of a user can only become smaller when seeds are added, so it is computed again only while it could still
    be the largest (`"Cost-effective Outbreak Detection in Networks" <https://doi.org/10.1145/1281192.1281239>`_,
    Leskovec et al., 2007). Of users with equal gains, the one of the lowest number is chosen.

    Args:
        live: Live-edge graphs without seeds; the seeds are added to them.
        k: Number of seed users.
        progress: Whether to show a progress bar on terminals and in notebooks.

    Returns:
        The seed users, and the share of the largest possible spread on these graphs that they reach at least: for each
        number of seeds, no ``k`` users can add more than the ``k`` largest gains.
    """
    chunks = torch.arange(live.num_users).split(live.batch)
    bar = track(chunks, "evaluating users", progress)
    gains = torch.cat([live.gains(chunk) for chunk in bar]).tolist()
    # A heap of (-gain, user, number of seeds for which the gain was computed).
    heap = [(-gain, user, 0) for user, gain in enumerate(gains)]
    heapq.heapify(heap)
    seeds: list[int] = []
    spread, bound = 0, live.num_users * live.count
    while True:
        bound = min(bound, spread - sum(entry[0] for entry in heapq.nsmallest(k, heap)))
        if len(seeds) == k:
            return seeds, spread / bound
        while heap[0][2] < len(seeds):
            stale: list[int] = []
            while heap and len(stale) < live.batch and heap[0][2] < len(seeds):
                stale.append(heapq.heappop(heap)[1])
            fresh = live.gains(torch.tensor(stale)).tolist()
            for user, gain in zip(stale, fresh, strict=True):
                heapq.heappush(heap, (-gain, user, len(seeds)))
        gain, user, _ = heapq.heappop(heap)
        live.add(user)
        seeds.append(user)
        spread -= gain
