"""Loaders of batches: cascades, preference triples, tweets to rank, and windows of posts."""

from graphcascade.loader.balanced_loader import BalancedLoader
from graphcascade.loader.cascade_loader import CascadeLoader
from graphcascade.loader.negative_sampler import NegativeSampler
from graphcascade.loader.post_batch import PostBatch
from graphcascade.loader.post_loader import PostLoader
from graphcascade.loader.preference_loader import PreferenceBatch, PreferenceLoader
from graphcascade.loader.ranking_candidates import RankingCandidates, draw_candidates
from graphcascade.loader.resumable_loader import ResumableLoader

__all__ = [
    "BalancedLoader",
    "CascadeLoader",
    "NegativeSampler",
    "PostBatch",
    "PostLoader",
    "PreferenceBatch",
    "PreferenceLoader",
    "RankingCandidates",
    "ResumableLoader",
    "draw_candidates",
]
