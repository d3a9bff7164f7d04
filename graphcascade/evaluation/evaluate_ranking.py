from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

import graphcascade
from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.require_network import require_network
from graphcascade.data.sorted_keys import contains, pairs_of
from graphcascade.errors import UsageError
from graphcascade.evaluation.metric_rows import MetricRow, metric_rows, unit_values
from graphcascade.evaluation.overlap import count_overlap
from graphcascade.evaluation.ranking_protocol import RankingProtocol
from graphcascade.evaluation.result import Result
from graphcascade.loader import RankingCandidates, draw_candidates
from graphcascade.metrics import (
    CappedPrecisionAtK,
    MAPAtK,
    NDCGAtK,
    PrecisionAtK,
    RecallAtK,
    UserAUC,
    UserMetric,
    UserMRR,
)
from graphcascade.metrics.tweet_ranking import RankedCandidates, rank_candidates, rank_rows
from graphcascade.models.ranking import RankingModel
from graphcascade.value_types import check_numbers

__all__ = ["evaluate_ranking"]

AT_K: dict[str, type[PrecisionAtK | CappedPrecisionAtK | RecallAtK | NDCGAtK | MAPAtK]] = {
    "Precision": PrecisionAtK,
    "Capped precision": CappedPrecisionAtK,
    "Recall": RecallAtK,
    "NDCG": NDCGAtK,
    "MAP": MAPAtK,
}


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
    measured = _Measured.start(protocol)
    training = model.training
    model.eval().attach(data)
    with torch.no_grad():
        if protocol.candidates == "all":
            counts = _rank_all(model, data, measured)
        else:
            drawn = draw_candidates(data, protocol.candidates, protocol.num_negatives, protocol.seed)
            device = model.seen.device
            score = model.score(drawn.user.to(device), drawn.tweet.to(device)).cpu()
            measured.add(score, rank_candidates(score, drawn.label, drawn.user))
            counts = _counts(drawn)
    model.train(training)
    supervised_user, supervised_tweet = data.supervised
    counts["users new to the model"] = int((model.user_rows.cpu()[supervised_user.unique()] == model.num_users).sum())
    counts["tweets new to the model"] = int(
        (model.tweet_rows.cpu()[supervised_tweet.unique()] == model.num_tweets).sum()
    )
    figures = measured.of_users()
    return Result(
        model=type(model).__name__,
        dataset=data.name,
        metrics=measured.rows(),
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


def _rank_all(model: RankingModel, data: RetweetNetwork, measured: _Measured) -> dict[str, int]:
    """Ranks all tweets that a user neither posted nor retweeted before, for a portion of the users at a time."""
    count = data.num_tweets
    known = torch.unique(torch.cat([data.retweets, data.posts], 1).T @ torch.tensor([count, 1]))
    positive = torch.unique(data.supervised.T @ torch.tensor([count, 1]))
    known = known[~contains(positive, known)]
    users = data.supervised[0].unique()
    candidates = 0
    for rows, score in model.iterate_scores(users.to(model.seen.device)):
        kept, label = torch.ones(score.shape, dtype=torch.bool), torch.zeros(score.shape, dtype=torch.bool)
        kept[pairs_of(known, users[rows], count)] = False
        label[pairs_of(positive, users[rows], count)] = True
        measured.add(score, rank_rows(score.cpu(), kept, label))
        candidates += int(kept.sum())
    return {
        "users": users.numel(),
        "positives": positive.numel(),
        "negatives": candidates - positive.numel(),
    }


@dataclass
class _Measured:
    """Figures of each user.

    Args:
        metrics: The metrics by name.
        values: Their values, one tensor for each portion of the users.
    """

    metrics: Mapping[str, UserMetric]
    values: dict[str, list[Tensor]]

    @classmethod
    def start(cls, protocol: RankingProtocol) -> _Measured:
        metrics: dict[str, UserMetric] = {
            f"{name}@{k}": metric(k) for name, metric in AT_K.items() for k in protocol.ks
        }
        metrics |= {"MRR": UserMRR(), "AUC": UserAUC()}
        return cls(metrics, {name: [] for name in metrics})

    def add(self, score: Tensor, ranked: RankedCandidates) -> None:
        if not bool(score.isfinite().all()):
            raise UsageError("a score is not finite: has training diverged?")
        for name, metric in self.metrics.items():
            value = metric.measure(ranked)
            self.values[name].append(value)

    def of_users(self) -> dict[str, Tensor]:
        """Returns the figures of the users; NaN where a metric is not defined for a user."""
        return {name: torch.cat(portions) for name, portions in self.values.items()}

    def rows(self) -> pd.DataFrame:
        rows: list[MetricRow] = []
        for name, value in self.of_users().items():
            value = value[value.isfinite()]
            everybody = {"all": torch.ones_like(value, dtype=torch.bool)}
            rows += metric_rows(name, value, torch.arange(value.numel()), everybody, ["user"], ("all", "user"))
        return pd.DataFrame(rows)
