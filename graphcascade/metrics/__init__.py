"""Metrics, as functions and as torchmetrics classes."""

from graphcascade.metrics.hit_at_k import HitAtK
from graphcascade.metrics.mean_reciprocal_rank import MeanReciprocalRank
from graphcascade.metrics.ranking import hits, reciprocal_ranks, resolve_ties

__all__ = ["HitAtK", "MeanReciprocalRank", "hits", "reciprocal_ranks", "resolve_ties"]
