from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.errors import DataError, UsageError

__all__ = ["EdgeReport", "edge_report", "link_scores"]

Z95 = 1.959964  # standard deviations to each side of a 95 % interval


@dataclass(frozen=True)
class EdgeReport:
    """Measures of how well an inferred network agrees with the true network.

    Args:
        precision: Share of the inferred edges that are true.
        recall: Share of the true edges that were inferred.
        f1: Harmonic mean of precision and recall.
        auc: Probability that a true edge has a higher score than a pair of users without a true edge; ties count half.
            Scores are those of :func:`link_scores`.
        best_f1: The highest F1 over all thresholds on the score. The threshold is chosen with the true network, so
            this is an upper bound and not a result.
        inferred: Number of inferred edges.
        true: Number of true edges.
        base_rate: Share of all pairs of users that are true edges: the precision of edges drawn at random.
        auc_interval: 95 % interval of the AUC (Hanley and McNeil, 1982), treating pairs as independent.
        precision_interval: 95 % interval of the precision (Wilson, 1927), treating edges as independent.
        ranked_by: The score of the edges in ``auc`` and ``best_f1``: "gain" (the evidence of
            :func:`~graphcascade.analysis.link_evidence`) or "weight".
    """

    precision: float
    recall: float
    f1: float
    auc: float
    best_f1: float
    inferred: int
    true: int
    base_rate: float
    auc_interval: tuple[float, float]
    precision_interval: tuple[float, float]
    ranked_by: Literal["gain", "weight"] = "weight"

    @property
    def better_than_chance(self) -> bool:
        """Whether the whole interval of the AUC is above 0.5, or that of the precision above the base rate."""
        return self.auc_interval[0] > 0.5 or self.precision_interval[0] > self.base_rate

    @property
    def verdict(self) -> str:
        """Sentence that says whether the network is better than chance."""
        auc = f"AUC {self.auc:.3f}, 95 % interval {self.auc_interval[0]:.3f} to {self.auc_interval[1]:.3f}, chance 0.5"
        low, high = self.precision_interval
        precision = f"precision {low:.3f} to {high:.3f}, chance {self.base_rate:.3f}"
        if self.better_than_chance:
            return f"The inferred network is better than chance ({auc}; {precision})."
        return f"The inferred network is no better than chance ({auc}; {precision}): do not rely on its links."

    def __str__(self) -> str:
        return (
            f"{self.inferred:,} edges inferred, {self.true:,} true: precision {self.precision:.3f}, recall "
            f"{self.recall:.3f}, F1 {self.f1:.3f}, AUC {self.auc:.3f} (links by {self.ranked_by})"
        )


def edge_report(inferred: Data, true: Data) -> EdgeReport:
    """Compares an inferred network with the true network; loops and repeated edges are ignored.

    Args:
        inferred: The inferred network: ``edge_index``, ``edge_weight`` (1 if there is none) and ``num_nodes``. If it
            has the evidence of its links, see :func:`~graphcascade.analysis.link_evidence`, the AUC is that of the
            order by evidence, in which the library lists links; otherwise that of the order by weight.
        true: The true network, with ``edge_index`` over the same users.

    Raises:
        UsageError: The graphs have different numbers of users, or edges with other users.
        DataError: The true network has no edges, or has an edge for every pair of users.
    """
    for name, graph in (("inferred", inferred), ("true", true)):
        _check(graph, name)
    users = int(inferred.num_nodes or 0)
    if users != true.num_nodes:
        raise UsageError(
            f"the inferred network is over {users:,} users, the true one over {true.num_nodes:,}: both must number "
            "the users of one dataset (io.read_follow_graph reads a file over them)."
        )
    score, absent = link_scores(inferred)
    found, score = _edges(inferred, score, users)
    wanted, _ = _edges(true, link_scores(true)[0], users)
    pairs = users * (users - 1)
    if wanted.numel() == 0:
        raise DataError("the true network has no edge between two users, so there is nothing to compare with.")
    if wanted.numel() == pairs:
        raise DataError("the true network joins all pairs of users, so every edge is right.")
    right = torch.isin(found, wanted)
    hits = int(right.sum())
    precision = hits / found.numel() if found.numel() else 0.0
    recall = hits / wanted.numel()
    f1 = 2 * hits / (found.numel() + wanted.numel())
    auc, best = _auc(score, right, wanted.numel(), pairs, absent), _best_f1(score, right, wanted.numel())
    return EdgeReport(
        precision,
        recall,
        f1,
        auc,
        best,
        found.numel(),
        wanted.numel(),
        wanted.numel() / pairs,
        _auc_interval(auc, wanted.numel(), pairs - wanted.numel()),
        _share_interval(hits, found.numel()),
        "weight" if inferred.get("gain") is None else "gain",
    )


def link_scores(graph: Data) -> tuple[Tensor, float]:
    """Returns the scores by which the edges of an inferred network are ordered.

    Args:
        graph: A network with ``edge_index`` ``[2, M]``, and optionally ``edge_weight`` or ``gain``.

    Returns:
        The scores ``[M]`` float64, and the score of all pairs of users without an edge. The score is the ``gain`` if
        the network has it, and all other pairs come after its edges. Otherwise it is the weight (1 if there is none),
        and other pairs have the weight 0.
    """
    gain, weight = graph.get("gain"), graph.get("edge_weight")
    if gain is not None:
        return gain.double(), min([0.0, *gain.tolist()]) - 1
    count = 0 if graph.edge_index is None else graph.edge_index.size(1)
    return torch.ones(count, dtype=torch.float64) if weight is None else weight.double(), 0.0


def _check(graph: Data, name: str) -> None:
    if not isinstance(graph, Data):
        raise UsageError(argument=name, value=graph, reason="is not a graph; not every dataset has a true network")
    edges, users = graph.edge_index, graph.num_nodes
    if edges is None:
        return
    if edges.dim() != 2 or edges.size(0) != 2 or edges.dtype != torch.long:
        reason = f"has an edge_index {list(edges.shape)} of {edges.dtype}, must have [2, E] int64"
        raise UsageError(argument=name, reason=reason)
    if edges.numel() and (int(edges.min()) < 0 or int(edges.max()) >= int(users or 0)):
        reason = f"has edges of the users {int(edges.min())} to {int(edges.max())}, and {users} users"
        raise UsageError(argument=name, reason=reason)
    for key, noun in (("edge_weight", "weights"), ("gain", "gains")):
        value = graph.get(key)
        if value is not None and value.shape != edges.shape[1:]:
            reason = f"has {edges.size(1)} edges and {noun} of the shape {list(value.shape)}"
            raise UsageError(argument=name, reason=reason)
        if value is not None and not bool(value.isfinite().all()):
            raise UsageError(argument=name, reason=f"has {noun} of which one is not a finite number")


def _edges(graph: Data, score: Tensor, users: int) -> tuple[Tensor, Tensor]:
    """Numbers distinct edges between two users; returns the numbers and the highest scores."""
    edge_index = torch.empty(2, 0, dtype=torch.long) if graph.edge_index is None else graph.edge_index
    proper = edge_index[0] != edge_index[1]
    edge, place = (edge_index[0] * users + edge_index[1])[proper].unique(return_inverse=True)
    highest = torch.full((edge.numel(),), -math.inf, dtype=torch.float64)
    return edge, highest.scatter_reduce_(0, place, score[proper], "amax")


def _best_f1(score: Tensor, right: Tensor, true: int) -> float:
    """Highest F1 over thresholds; a threshold keeps all edges of at least that score."""
    level, place = score.unique(return_inverse=True)
    kept, hits = (
        torch.bincount(place[chosen], minlength=level.numel()).double().flip(0).cumsum(0)
        for chosen in (torch.ones_like(right), right)
    )
    return float((2 * hits / (kept + true)).max()) if level.numel() else 0.0


def _auc(score: Tensor, right: Tensor, true: int, pairs: int, absent: float) -> float:
    """AUC from ranks; all pairs without an inferred edge are tied at the score ``absent``."""
    rest = pairs - score.numel()
    levels, place = torch.cat([score, score.new_tensor([absent])]).unique(return_inverse=True)
    count = torch.bincount(place[:-1], minlength=levels.numel()).double()
    good = torch.bincount(place[:-1][right], minlength=levels.numel()).double()
    other = place[-1]
    count[other] += rest
    good[other] += true - int(right.sum())
    bad = count - good
    below = bad.cumsum(0) - bad
    return float((good * (below + bad / 2)).sum() / (true * (pairs - true)))


def _auc_interval(auc: float, true: int, false: int) -> tuple[float, float]:
    """Hanley and McNeil's interval of an AUC over the given numbers of true and false pairs.

    For an AUC of 0 or 1 it is Wilson's interval of a share over the smaller of the two numbers.
    """
    both_true, both_false = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    if auc in (0.0, 1.0):  # their variance would be 0, even for a single pair
        count = min(true, false)
        return _share_interval(round(auc * count), count)
    variance = auc * (1 - auc) + (true - 1) * (both_true - auc**2) + (false - 1) * (both_false - auc**2)
    half = Z95 * math.sqrt(max(0.0, variance / (true * false)))
    return max(0.0, auc - half), min(1.0, auc + half)


def _share_interval(hits: int, count: int) -> tuple[float, float]:
    """Wilson's interval of a share; 0 to 1 if ``count`` is 0."""
    if count == 0:
        return 0.0, 1.0
    share, scale = hits / count, 1 + Z95**2 / count
    middle = (share + Z95**2 / (2 * count)) / scale
    half = Z95 * math.sqrt(share * (1 - share) / count + Z95**2 / (4 * count**2)) / scale
    return max(0.0, middle - half), min(1.0, middle + half)
