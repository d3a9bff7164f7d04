"""OPIM-C: influence maximization by reverse reachable sets, with an error bound."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from graphcascade.analysis.reverse_reachable import ReverseReachable, Sets

__all__ = ["Solution", "cover_sets", "opim_c"]

Ints = npt.NDArray[np.int64]

MIN_MEMBERS = 1 << 18  # of the sets in each sample: so many take little time, and make good estimates on small graphs
MAX_MEMBERS = 100_000_000  # likewise; about 1 GB


class Solution(NamedTuple):
    """Seed users with bounds.

    Args:
        seeds: The seed users, in the order of the choice, ``[k]``.
        gains: Number of sets of the second sample that each seed covers and no seed before it, ``[k]``.
        num_sets: Number of sets in each sample.
        lower: Lower bound of the expected spread of the seeds.
        upper: Upper bound of the largest expected spread of ``k`` users.
        complete: Whether the bounds are as close as was asked for.
    """

    seeds: Ints
    gains: Ints
    num_sets: int
    lower: float
    upper: float
    complete: bool


def opim_c(first: ReverseReachable, second: ReverseReachable, k: int, epsilon: float, delta: float) -> Solution:
    r"""Chooses ``k`` seed users; algorithm 2 of `"Online Processing Algorithms for Influence Maximization"
    <https://doi.org/10.1145/3183713.3183749>`_ (Tang, Tang, Xiao and Yuan, 2018).

    Two samples :math:`\mathcal R_1, \mathcal R_2` of :math:`\theta` sets each are doubled until the ratio of the
    bounds is at least :math:`1 - 1/e - \varepsilon`. The seeds :math:`S` are chosen greedily so that they cover many
    sets of :math:`\mathcal R_1`. With :math:`a = \log(1/\delta')`, the number :math:`\Lambda_2` of sets of
    :math:`\mathcal R_2` that they cover, and an upper bound :math:`\Lambda_1` of the sets of :math:`\mathcal R_1` that
    any ``k`` users cover (Eq. 12: for each :math:`j`, those of the first :math:`j` seeds and the ``k`` largest gains
    after them), the bounds are

    .. math::
        \sigma(S) &\ge \left( \left( \sqrt{\Lambda_2 + 2a/9} - \sqrt{a/2} \right)^2 - a/18 \right) U / \theta \\
        \sigma(S^*) &\le \left( \sqrt{\Lambda_1 + a/2} + \sqrt{a/2} \right)^2 U / \theta

    each with probability :math:`1 - \delta'` in a round, where :math:`\delta' = \delta / (3 i)` for at most :math:`i`
    rounds. After the last round, the ratio is right with probability :math:`1 - \delta` whatever the bounds.

    Args:
        first: Draws the sets by which seeds are chosen.
        second: Draws the sets by which they are judged.
        k: Number of seed users.
        epsilon: Loss against :math:`1 - 1/e`.
        delta: Probability that the bounds are wrong.
    """
    num_users = first.diffusion.num_users
    aim = 1 - 1 / math.e
    choices = math.lgamma(num_users + 1) - math.lgamma(k + 1) - math.lgamma(num_users - k + 1)
    root = math.log(6 / delta)
    effort = 2 * (aim * math.sqrt(root) + math.sqrt(aim * (choices + root))) ** 2
    most = effort * num_users / (epsilon**2 * k)
    count = math.ceil(effort)
    rounds = max(1, math.ceil(math.log2(most / effort)))
    log_delta = math.log(3 * rounds / delta)
    samples: tuple[list[Sets], list[Sets]] = ([], [])
    drawn = 0
    for number in range(rounds):
        for sample, source in zip(samples, (first, second), strict=True):
            sample[:] = [Sets.join([*sample, source.draw(count - drawn)])]
        drawn = count
        (chosen,), (judged,) = samples
        seeds, covered_bound = cover_sets(chosen, num_users, k)
        gains = count_gains(judged, seeds, num_users)
        lower = _lower(int(gains.sum()), log_delta) * num_users / drawn
        upper = _upper(covered_bound, log_delta) * num_users / drawn
        lower, upper = max(lower, float(k)), min(upper, float(num_users))
        close = lower / upper >= aim - epsilon and chosen.user.size >= MIN_MEMBERS
        full = 2 * max(chosen.user.size, judged.user.size) > MAX_MEMBERS
        if close or full or number == rounds - 1:
            return Solution(seeds, gains, drawn, lower, upper, close or number == rounds - 1)
        count *= 2
    raise AssertionError


def cover_sets(sets: Sets, num_users: int, k: int) -> tuple[Ints, int]:
    """Chooses users greedily so that they cover many sets; of equal users, the one of the lowest number.

    Returns:
        The users ``[k]`` and an upper bound of the number of sets that any ``k`` users cover.
    """
    gain = np.bincount(sets.user, minlength=num_users)
    ptr = np.concatenate([[0], np.cumsum(gain)])
    order = np.argsort(sets.user, kind="stable")
    member_of = np.repeat(np.arange(sets.num_sets, dtype=np.int32), np.diff(sets.ptr))[order]
    covered = np.zeros(sets.num_sets, dtype=bool)
    seeds = np.empty(k, dtype=np.int64)
    total = 0
    bound = sets.num_sets
    for place in range(k + 1):
        # NumPy's partition is slow if many values are equal, as here.
        largest = torch.from_numpy(gain).topk(k, sorted=False).values
        bound = min(bound, total + int(largest.clamp(min=0).sum()))
        if place == k:
            break
        seed = int(gain.argmax())
        seeds[place] = seed
        having = member_of[ptr[seed] : ptr[seed + 1]]
        new = having[~covered[having]]
        covered[new] = True
        total += new.size
        size = sets.ptr[new + 1] - sets.ptr[new]
        row = np.repeat(sets.ptr[new] - (np.cumsum(size) - size), size) + np.arange(size.sum())
        gain -= np.bincount(sets.user[row], minlength=num_users)
        gain[seed] = -1  # chosen
    return seeds, bound


def count_gains(sets: Sets, seeds: Ints, num_users: int) -> Ints:
    """Counts the sets that each seed covers and no seed before it covers, ``[k]``."""
    rank = np.full(num_users, seeds.size)
    rank[seeds] = np.arange(seeds.size)
    earliest = np.minimum.reduceat(rank[sets.user], sets.ptr[:-1])  # no set is empty
    return np.bincount(earliest, minlength=seeds.size + 1)[: seeds.size]


def _lower(covered: int, log_delta: float) -> float:
    root = math.sqrt(covered + 2 * log_delta / 9) - math.sqrt(log_delta / 2)
    return max(0.0, root) ** 2 - log_delta / 18


def _upper(covered: int, log_delta: float) -> float:
    return (math.sqrt(covered + log_delta / 2) + math.sqrt(log_delta / 2)) ** 2
