"""Metrics, as functions and as torchmetrics classes.

Each name is imported when it is first used, so that the functions need no torchmetrics, whose import takes a second.
"""

from typing import TYPE_CHECKING

from graphcascade.lazy_names import lazy_names

if TYPE_CHECKING:
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

_MODULES = {
    "capped_precision_at_k": ("CappedPrecisionAtK",),
    "hit_at_k": ("HitAtK",),
    "map_at_k": ("MAPAtK",),
    "mean_reciprocal_rank": ("MeanReciprocalRank",),
    "ndcg_at_k": ("NDCGAtK",),
    "precision_at_k": ("PrecisionAtK",),
    "ranking": ("hits", "reciprocal_ranks", "resolve_ties"),
    "recall_at_k": ("RecallAtK",),
    "user_auc": ("UserAUC",),
    "user_metric": ("UserMetric",),
    "user_mrr": ("UserMRR",),
}

__getattr__, __dir__ = lazy_names(__name__, _MODULES)
