from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
import torch
from torch import Tensor

import graphcascade
from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.require_network import require_network
from graphcascade.data.segments import segment_ptr
from graphcascade.data.sorted_keys import contains, pairs_of
from graphcascade.errors import UsageError
from graphcascade.evaluation.metric_rows import MetricRow, metric_rows, unit_values
from graphcascade.evaluation.overlap import count_overlap
from graphcascade.evaluation.ranking_protocol import RankingProtocol
from graphcascade.evaluation.result import Result
from graphcascade.loader import RankingCandidates, draw_candidates
from graphcascade.metrics.tweet_ranking import RankedCandidates, rank_candidates, rank_rows
from graphcascade.models.ranking import RankingModel
from graphcascade.processes import divide_work
from graphcascade.value_types import check_numbers

if TYPE_CHECKING:
    from graphcascade.metrics import UserMetric

__all__ = ["evaluate_ranking"]


@check_numbers
def evaluate_ranking(
    model: RankingModel,
    data: RetweetNetwork,
    protocol: RankingProtocol | None = None,
    seed: int | None = None,
    allow_overlap: bool = False,
) -> Result:
    """Tests whether held-out retweets rank above other tweets.

    All figures are means over users: Precision@k, Capped precision@k (hits divided by the smaller of k and the user's
    retweets), Recall@k, NDCG@k, MAP@k, MRR and AUC. Tied scores count as in a random order. The model is attached to
    ``data``, whose known retweets do not include those to predict.

    Args:
        model: A trained model.
        data: The validation or test part of a split; users and tweets are matched by their ids.
        protocol: What is ranked; the default :class:`RankingProtocol` if not given.
        seed: Seed of the training; the result reports it.
        allow_overlap: Also test retweets that the model was trained on; the result counts them.

    Returns:
        The result. Its counts are those of users, of their positive and negative tweets, of users who are left out,
        and of users and tweets that are new to the model.

    Raises:
        UsageError: Retweets were in training; the model was not trained; no user is left; a score is not finite.
    """
    start = time.perf_counter()
    require_network(data, "data")
    protocol = RankingProtocol() if protocol is None else protocol
    if not isinstance(model, RankingModel):
        raise UsageError(f"{type(model).__name__} does not rank tweets; use evaluate or evaluate_cascades.")
    model.require_trained()
    overlap = count_overlap(model, data, allow_overlap, "retweets")
    metrics = _metrics(protocol)
    training = model.training
    model.eval().attach(data)
    with torch.no_grad():
        if protocol.candidates == "all":
            figures, counts = _rank_all(model, data, metrics)
        else:
            drawn = draw_candidates(data, protocol.candidates, protocol.num_negatives, protocol.seed)
            figures, counts = _rank_drawn(model, drawn, metrics), _counts(drawn)
    model.train(training)
    supervised_user, supervised_tweet = data.supervised
    counts["users new to the model"] = int((model.user_rows.cpu()[supervised_user.unique()] == model.num_users).sum())
    counts["tweets new to the model"] = int(
        (model.tweet_rows.cpu()[supervised_tweet.unique()] == model.num_tweets).sum()
    )
    return Result(
        model=type(model).__name__,
        dataset=data.name,
        metrics=_metric_rows(figures),
        protocol=protocol,
        counts=counts | overlap,
        split=data.split,
        seed=seed,
        seconds=time.perf_counter() - start,
        version=graphcascade.__version__,
        unit_values=unit_values(figures, torch.arange(figures["AUC"].numel()), "user"),
    )


def _counts(drawn: RankingCandidates) -> dict[str, int]:
    return {
        "users": drawn.num_users,
        "positives": int(drawn.label.sum()),
        "negatives": int((~drawn.label).sum()),
        "users without followees left out": drawn.users_without_followees,
        "users without negatives left out": drawn.users_without_negatives,
        "users whose retweets reached them through no followee left out": drawn.users_not_exposed,
        "retweets that reached their users through no followee left out": drawn.retweets_not_exposed,
        "negatives missing": drawn.missing_negatives,
    }


def _rank_drawn(model: RankingModel, drawn: RankingCandidates, metrics: Mapping[str, UserMetric]) -> dict[str, Tensor]:
    """Ranks the candidates of each user, and returns the figures of the users."""
    device = model.seen.device
    _, count = torch.unique_consecutive(drawn.user, return_counts=True)
    ptr = segment_ptr(count)

    def rank(users: slice) -> tuple[Tensor, ...]:
        rows = slice(int(ptr[users.start]), int(ptr[users.stop]))
        score = model.score(drawn.user[rows].to(device), drawn.tweet[rows].to(device)).cpu()
        return _measure(metrics, score, rank_candidates(score, drawn.label[rows], drawn.user[rows]))

    return dict(zip(metrics, divide_work(count.numel(), rank), strict=True))


def _rank_all(
    model: RankingModel, data: RetweetNetwork, metrics: Mapping[str, UserMetric]
) -> tuple[dict[str, Tensor], dict[str, int]]:
    """Ranks all tweets that a user neither posted nor retweeted before, for a portion of the users at a time."""
    count = data.num_tweets
    known = torch.unique(torch.cat([data.retweets, data.posts], 1).T @ torch.tensor([count, 1]))
    positive = torch.unique(data.supervised.T @ torch.tensor([count, 1]))
    known = known[~contains(positive, known)]
    users = data.supervised[0].unique()

    def rank(share: slice) -> tuple[Tensor, ...]:
        found, own = [], users[share]
        for rows, score in model.iterate_scores(own.to(model.seen.device)):
            kept, label = torch.ones(score.shape, dtype=torch.bool), torch.zeros(score.shape, dtype=torch.bool)
            kept[pairs_of(known, own[rows], count)] = False
            label[pairs_of(positive, own[rows], count)] = True
            found.append((*_measure(metrics, score, rank_rows(score.cpu(), kept, label)), kept.sum(1)))
        return tuple(torch.cat(parts) for parts in zip(*found, strict=True))

    *figures, candidates = divide_work(users.numel(), rank)
    counts = {
        "users": users.numel(),
        "positives": positive.numel(),
        "negatives": int(candidates.sum()) - positive.numel(),
    }
    return dict(zip(metrics, figures, strict=True)), counts


def _metrics(protocol: RankingProtocol) -> dict[str, UserMetric]:
    # They take long to import, with torchmetrics.
    from graphcascade.metrics import (
        CappedPrecisionAtK,
        MAPAtK,
        NDCGAtK,
        PrecisionAtK,
        RecallAtK,
        UserAUC,
        UserMRR,
    )

    at_k: dict[str, type[PrecisionAtK | CappedPrecisionAtK | RecallAtK | NDCGAtK | MAPAtK]] = {
        "Precision": PrecisionAtK,
        "Capped precision": CappedPrecisionAtK,
        "Recall": RecallAtK,
        "NDCG": NDCGAtK,
        "MAP": MAPAtK,
    }
    metrics: dict[str, UserMetric] = {f"{name}@{k}": metric(k) for name, metric in at_k.items() for k in protocol.ks}
    return metrics | {"MRR": UserMRR(), "AUC": UserAUC()}


def _measure(metrics: Mapping[str, UserMetric], score: Tensor, ranked: RankedCandidates) -> tuple[Tensor, ...]:
    """Returns the figures of each user by each metric; NaN where a metric is not defined for a user."""
    if not bool(score.isfinite().all()):
        raise UsageError("a score is not finite: has training diverged?")
    return tuple(metric.measure(ranked) for metric in metrics.values())


def _metric_rows(figures: Mapping[str, Tensor]) -> pd.DataFrame:
    rows: list[MetricRow] = []
    for name, value in figures.items():
        value = value[value.isfinite()]
        everybody = {"all": torch.ones_like(value, dtype=torch.bool)}
        rows += metric_rows(name, value, torch.arange(value.numel()), everybody, ["user"], ("all", "user"))
    return pd.DataFrame(rows)
