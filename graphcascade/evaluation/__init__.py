"""Tests trained models: a protocol, a model and data make a :class:`Result`."""

from graphcascade.evaluation.cascade_f1 import evaluate_cascades
from graphcascade.evaluation.cascade_size_protocol import CascadeSizeProtocol
from graphcascade.evaluation.compare import compare_results
from graphcascade.evaluation.compare_popularity import compare_popularity
from graphcascade.evaluation.evaluate import evaluate, rank_batch, rank_next_users, require_terminate
from graphcascade.evaluation.evaluate_cascade_sizes import evaluate_cascade_sizes
from graphcascade.evaluation.evaluate_popularity import evaluate_popularity
from graphcascade.evaluation.evaluate_ranking import evaluate_ranking
from graphcascade.evaluation.evaluate_times import evaluate_times
from graphcascade.evaluation.evaluation_protocol import EvaluationProtocol
from graphcascade.evaluation.next_user_protocol import PROTOCOLS, NextUserProtocol, find_protocol
from graphcascade.evaluation.paired_difference import PairedDifference, mean_figure, paired_difference
from graphcascade.evaluation.popularity_protocol import PopularityProtocol
from graphcascade.evaluation.ranking_protocol import RankingProtocol
from graphcascade.evaluation.result import Result
from graphcascade.evaluation.rollout_protocol import RolloutProtocol
from graphcascade.evaluation.time_protocol import TimeProtocol
from graphcascade.evaluation.warn_if_worse import warn_if_worse

__all__ = [
    "PROTOCOLS",
    "CascadeSizeProtocol",
    "EvaluationProtocol",
    "NextUserProtocol",
    "PairedDifference",
    "PopularityProtocol",
    "RankingProtocol",
    "Result",
    "RolloutProtocol",
    "TimeProtocol",
    "compare_popularity",
    "compare_results",
    "evaluate",
    "evaluate_cascade_sizes",
    "evaluate_cascades",
    "evaluate_popularity",
    "evaluate_ranking",
    "evaluate_times",
    "find_protocol",
    "mean_figure",
    "paired_difference",
    "rank_batch",
    "rank_next_users",
    "require_terminate",
    "warn_if_worse",
]
