"""Random and true scores, which experiments print beside models."""

from __future__ import annotations

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.evaluation import evaluate_ranking
from graphcascade.models.ranking import RandomScores, TrueScores
from graphcascade.simulate import simulate_retweets
from tests.models.ranking.small_network import random_network

NETWORK = simulate_retweets(num_users=300, num_tweets=200)
TRAIN, _, TEST = NETWORK.splits(0.6)


@pytest.mark.parametrize("kind", [RandomScores, TrueScores])
def test_pairs_and_all_scores_agree(kind: type[RandomScores] | type[TrueScores]) -> None:
    model = kind.of(NETWORK).fit(TRAIN)
    user = torch.tensor([3, 0])
    scores = model.scores(user)
    for row in range(2):
        for tweet in (0, 17, 199):
            assert scores[row, tweet] == model.score(user[row : row + 1], torch.tensor([tweet]))


def test_true_scores_are_tastes_times_contents() -> None:
    model = TrueScores.of(NETWORK).fit(TRAIN)
    expected = NETWORK["user"].true_taste[5] @ NETWORK["tweet"].true_content[7]
    assert float(model.scores(torch.tensor([5]))[0, 7]) == pytest.approx(float(expected), rel=1e-5)
    other = random_network()
    with pytest.raises(UsageError, match="for simulated networks only"):
        TrueScores.of(other).fit(other.splits(0.6)[0]).scores(torch.tensor([0]))


def test_random_scores_are_at_chance_and_true_scores_are_not() -> None:
    random = evaluate_ranking(RandomScores.of(NETWORK).fit(TRAIN), TEST)
    assert random["AUC"] == pytest.approx(0.5, abs=4 * random.error("AUC"))
    true = evaluate_ranking(TrueScores.of(NETWORK).fit(TRAIN), TEST)
    assert true["AUC"] > 0.75
    scores = RandomScores.of(NETWORK).fit(TRAIN).scores(torch.arange(300)).flatten()
    assert 0 <= float(scores.min()) < 0.01 < 0.99 < float(scores.max()) <= 1
    assert float(scores.mean()) == pytest.approx(0.5, abs=0.01)
