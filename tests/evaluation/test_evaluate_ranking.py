from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.evaluation import RankingProtocol, compare_results, evaluate_ranking
from graphcascade.loader import draw_candidates
from graphcascade.models import BPRMF, CoRetweets, TweetPopularity
from graphcascade.models.ranking import RankingModel
from tests.models.ranking.small_network import random_network, reorder

NETWORK = random_network(users=15, tweets=40)
TRAIN, VAL, TEST = NETWORK.splits(0.6)


class Oracle(RankingModel):
    """Scores the retweets of the attached part by 1, and all other tweets by 0, or the other way round."""

    def __init__(self, num_users: int, num_tweets: int, sign: float = 1.0) -> None:
        super().__init__(num_users, num_tweets)
        self.sign = sign

    def scores(self, user: Tensor) -> Tensor:
        network = self.require_attached()
        table = torch.zeros(network.num_users, network.num_tweets)
        table[tuple(network.supervised)] = self.sign
        return table[user]

    def score(self, user: Tensor, tweet: Tensor) -> Tensor:
        return self.scores(user)[torch.arange(user.numel()), tweet]


@pytest.mark.parametrize("candidates", ["followees", "exposed", "uniform", "all"])
def test_a_perfect_order_has_the_best_figures_and_a_reversed_one_the_worst(candidates: str) -> None:
    protocol = RankingProtocol(candidates=candidates)
    best = evaluate_ranking(Oracle.of(TEST), TEST, protocol)
    for metric in ("AUC", "MRR", "Precision@1", "Capped precision@3", "NDCG@3"):
        assert best[metric] == 1
    worst = evaluate_ranking(Oracle.of(TEST, sign=-1.0), TEST, protocol)
    assert worst["AUC"] == worst["Precision@1"] == 0
    assert set(best.metrics["unit"]) == {"user"}
    assert best.metrics["headline"].all()


def test_figures_are_means_over_users_of_the_drawn_candidates() -> None:
    model = CoRetweets.of(TRAIN).fit(TRAIN)
    result = evaluate_ranking(model, TEST, RankingProtocol(candidates="uniform", seed=3))
    drawn = draw_candidates(TEST, "uniform", seed=3)
    scores = model.scores(torch.arange(15))
    auc = []
    for user in drawn.user.unique().tolist():
        rows = (drawn.user == user).nonzero().view(-1).tolist()
        good = [float(scores[user, drawn.tweet[row]]) for row in rows if drawn.label[row]]
        bad = [float(scores[user, drawn.tweet[row]]) for row in rows if not drawn.label[row]]
        auc.append(sum((a > b) + 0.5 * (a == b) for a in good for b in bad) / (len(good) * len(bad)))
    assert result["AUC"] == pytest.approx(sum(auc) / len(auc))
    spread = torch.tensor(auc, dtype=torch.float64).std() / math.sqrt(len(auc))
    assert result.error("AUC") == pytest.approx(float(spread))
    assert result.counts["users"] == len(auc)
    assert result.counts["positives"] == TEST.num_supervised


def test_the_full_ranking_leaves_out_known_tweets() -> None:
    model = TweetPopularity.of(TRAIN).fit(TRAIN)
    result = evaluate_ranking(model, TEST, RankingProtocol(candidates="all"))
    known = set(zip(*torch.cat([TEST.retweets, TEST.posts], 1).tolist(), strict=True))
    held_out = set(zip(*TEST.supervised.tolist(), strict=True))
    popularity = torch.bincount(TRAIN.supervised[1], minlength=40).tolist()
    auc, count = [], 0
    for user in sorted({user for user, _ in held_out}):
        tweets = [tweet for tweet in range(40) if (user, tweet) in held_out or (user, tweet) not in known]
        good = [popularity[tweet] for tweet in tweets if (user, tweet) in held_out]
        bad = [popularity[tweet] for tweet in tweets if (user, tweet) not in held_out]
        count += len(tweets)
        auc.append(sum((a > b) + 0.5 * (a == b) for a in good for b in bad) / (len(good) * len(bad)))
    assert result["AUC"] == pytest.approx(sum(auc) / len(auc))
    assert result.counts["positives"] + result.counts["negatives"] == count


def test_users_and_tweets_that_are_new_are_counted() -> None:
    model = BPRMF.of(TRAIN)
    model.prepare(TRAIN)
    other, _, _ = reorder(NETWORK)
    other["user"].ids[other.retweets[0, 0]] = "somebody else"
    other["tweet"].ids[other.retweets[1, 0]] = "something else"
    result = evaluate_ranking(model, other, RankingProtocol(candidates="uniform"), allow_overlap=True)
    assert (result.counts["users new to the model"], result.counts["tweets new to the model"]) == (1, 1)
    assert 0 < result.counts["retweets seen in training"] < TRAIN.num_supervised


def test_training_retweets_are_not_tested() -> None:
    model = TweetPopularity.of(TRAIN).fit(TRAIN)
    with pytest.raises(UsageError, match="test retweets were in training; test on other retweets"):
        evaluate_ranking(model, TRAIN)
    _, _, other = NETWORK.splits(0.6, method="random", seed=5)
    with pytest.raises(UsageError, match="test part is of another split"):
        evaluate_ranking(model, other)
    with pytest.raises(UsageError, match="was not trained yet"):
        evaluate_ranking(TweetPopularity.of(TRAIN), TEST)


def test_the_result_says_how_it_was_measured() -> None:
    result = evaluate_ranking(TweetPopularity.of(TRAIN).fit(TRAIN), TEST, seed=4)
    text = str(result)
    assert "mean over users" in text
    assert "± standard error over users" in text
    assert "protocol ranking, candidates 'followees': 2 negatives per retweet" in text
    assert "seed 4" in text
    other = evaluate_ranking(CoRetweets.of(TRAIN).fit(TRAIN), TEST)
    assert list(compare_results([result, other])["model"]) == ["TweetPopularity", "CoRetweets"]
    uniform = evaluate_ranking(CoRetweets.of(TRAIN).fit(TRAIN), TEST, RankingProtocol(candidates="uniform"))
    with pytest.raises(UsageError, match="cannot be compared"):
        compare_results([result, uniform])


def test_scores_that_are_not_finite_raise_an_error() -> None:
    with pytest.raises(UsageError, match="a score is not finite"):
        evaluate_ranking(Oracle.of(TEST, sign=math.nan), TEST)
