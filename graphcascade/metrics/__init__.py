"""Metrics, as functions and as torchmetrics classes."""

from graphcascade.metrics.capped_precision_at_k import CappedPrecisionAtK
from graphcascade.metrics.hit_at_k import HitAtK
from graphcascade.metrics.map_at_k import MAPAtK
from graphcascade.metrics.mean_reciprocal_rank import MeanReciprocalRank
from graphcascade.metrics.ndcg_at_k import NDCGAtK
from graphcascade.metrics.precision_at_k import PrecisionAtK
from graphcascade.metrics.ranking import hits, reciprocal_ranks, resolve_ties
from graphcascade.metrics.recall_at_k import RecallAtK
from graphcascade.metrics.user_auc import UserAUC
from graphcascade.metrics.user_metric import UserMetric
from graphcascade.metrics.user_mrr import UserMRR

__all__ = [
    "CappedPrecisionAtK",
    "HitAtK",
    "MAPAtK",
    "MeanReciprocalRank",
    "NDCGAtK",
    "PrecisionAtK",
    "RecallAtK",
    "UserAUC",
    "UserMRR",
    "UserMetric",
    "hits",
    "reciprocal_ranks",
    "resolve_ties",
]
