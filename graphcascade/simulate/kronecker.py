"""Stochastic Kronecker graphs."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np
import numpy.typing as npt
import torch
from torch_geometric.data import Data

from graphcascade.data.seed import check_seed
from graphcascade.errors import UsageError
from graphcascade.value_types import check_numbers

__all__ = ["CORE_PERIPHERY", "HIERARCHICAL", "RANDOM", "kronecker_graph"]

CORE_PERIPHERY = ((0.962, 0.535), (0.535, 0.107))
"""Initiator of networks with a dense core and a sparse periphery."""

HIERARCHICAL = ((0.9, 0.1), (0.1, 0.9))
"""Initiator of networks of groups within groups, with few links between them."""

RANDOM = ((0.5, 0.5), (0.5, 0.5))
"""Initiator of Erdős-Rényi networks: every pair has the probability ``2 ** -power``."""

MAX_POWER = 30  # above, the number of pairs of a class times the number of digits exceeds int64

CHUNK = 1 << 14  # edges computed together, so that they fit into the cache

IntArray = npt.NDArray[np.int64]


@check_numbers
def kronecker_graph(initiator: Sequence[Sequence[float]], power: int, seed: int = 0) -> Data:
    r"""Draws a stochastic Kronecker graph over ``2 ** power`` nodes.

    From `"Scalable Modeling of Real Graphs using Kronecker Multiplication"
    <https://doi.org/10.1145/1273496.1273559>`_ (Leskovec and Faloutsos, 2007). The edge from :math:`i` to :math:`j`
    exists with probability

    .. math:: \prod_{k} \theta[i_k, j_k],

    where :math:`i_k, j_k` are the binary digits of the nodes, independently of all other edges. Edges are directed;
    loops are left out.

    The draw is exact, and its time and memory are proportional to the number of edges. The probability depends only on
    how often each of the four digit pairs occurs, so pairs of nodes with equal counts form a class: the number of edges
    of each class is drawn from a binomial distribution, and the edges are drawn from the class without replacement.

    Args:
        initiator: The probabilities :math:`\theta`, ``[2, 2]``.
        power: Number of digits, 1 to 30.
        seed: Seed of the draw.

    Returns:
        ``Data(edge_index [2, M], num_nodes)``, edges sorted by start, then end.

    Raises:
        UsageError: The initiator is not 2 x 2 or has entries outside [0, 1]; the power is not in 1 to 30.
    """
    theta = np.asarray(initiator, dtype=np.float64)
    if theta.shape != (2, 2) or not ((theta >= 0) & (theta <= 1)).all():
        raise UsageError(argument="initiator", value=initiator, reason="it must be 2 x 2 probabilities, each in [0, 1]")
    if not 1 <= power <= MAX_POWER:
        raise UsageError(argument="power", value=power, reason=f"it must be 1 to {MAX_POWER}, for 2 ** power nodes")
    digits = _classes(power)
    pairs = np.array([_arrangements(row) for row in digits.tolist()], dtype=np.int64)
    probability = (theta.reshape(4) ** digits).prod(1)
    check_seed(seed)
    generator = np.random.default_rng(seed)
    edges = generator.binomial(pairs, probability)
    rank = [
        generator.choice(total, drawn, replace=False, shuffle=False)
        for total, drawn in zip(pairs.tolist(), edges.tolist(), strict=True)
    ]
    pair = np.concatenate(rank)
    kind = np.repeat(np.arange(len(pairs)), edges)
    for start in range(0, pair.size, CHUNK):
        piece = slice(start, start + CHUNK)
        pair[piece] = _unrank(pair[piece], pairs[kind[piece]], digits[kind[piece]].T, power)
    pair.sort()
    return Data(edge_index=torch.from_numpy(np.stack([pair >> power, pair & (2**power - 1)])), num_nodes=2**power)


def _classes(power: int) -> IntArray:
    """Counts of the digit pairs 00, 01, 10, 11 in each class of pairs of nodes, ``[K, 4]``, without loops."""
    count: IntArray = np.indices((power + 1,) * 3).reshape(3, -1).T
    count = count[count.sum(1) <= power]
    last = power - count.sum(1, keepdims=True)
    loop = (count[:, 1] == 0) & (count[:, 2] == 0)
    digits: IntArray = np.concatenate([count, last], axis=1)[~loop]
    return digits


def _arrangements(digits: list[int]) -> int:
    """Number of pairs of nodes in a class: the number of orders of its digit pairs."""
    a, b, c, d = digits
    return comb(a + b + c + d, a) * comb(b + c + d, b) * comb(c + d, c)


def _unrank(rank: IntArray, pairs: IntArray, left: IntArray, power: int) -> IntArray:
    """Returns the pairs of nodes with given ranks in their class, as ``source * 2 ** power + target``.

    Classes are in lexicographic order of the digit pairs.

    Args:
        rank: Ranks, ``[M]``, each below ``pairs``.
        pairs: Sizes of the classes, ``[M]``.
        left: Numbers of digit pairs to place, ``[4, M]``.
        power: Number of digits.
    """
    rank, left = rank.copy(), left.copy()
    source, target = np.zeros_like(rank), np.zeros_like(rank)
    row = np.arange(rank.size)
    for remaining in range(power, 0, -1):
        # A share of left[d] / remaining of the remaining orders begins with digit pair d.
        block = pairs * left // remaining
        bound = np.cumsum(block, axis=0)
        digit = (rank >= bound[:3]).sum(0)
        pairs = block[digit, row]
        rank -= bound[digit, row] - pairs
        left[digit, row] -= 1
        source, target = 2 * source + digit // 2, 2 * target + digit % 2
    return (source << power) + target
