from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import ADABPR, BPRMF
from graphcascade.trainers import RankingTrainer
from tests.models.ranking.small_network import assert_overfits, random_network

NETWORK = random_network(features=False)
CANDIDATES = [3, 11, 0, 7, 15]
DRAWS = 200_000


def make(rank_share: float) -> ADABPR:
    torch.manual_seed(0)
    return ADABPR.of(NETWORK, dim=4, std=1.0, oversampling=len(CANDIDATES), rank_share=rank_share).double()


def literal_probabilities(model: ADABPR, user: int) -> dict[int, float]:
    """Section 5.2: the sum over factors of the probability of the rank of each candidate."""
    own, tweets = model.user[user].tolist(), model.tweet.tolist()
    weights = []
    for f in range(4):
        column = [row[f] for row in tweets]
        mean = sum(column) / len(column)
        weights.append(abs(own[f]) * math.sqrt(sum((v - mean) ** 2 for v in column) / (len(column) - 1)))
    scale = model.rank_share * len(CANDIDATES)
    ranks = [math.exp(-r / scale) for r in range(len(CANDIDATES))]
    result = dict.fromkeys(CANDIDATES, 0.0)
    for f, weight in enumerate(weights):
        best_first = sorted(CANDIDATES, key=lambda tweet: -math.copysign(1, own[f]) * tweets[tweet][f])
        for r, tweet in enumerate(best_first):
            result[tweet] += weight / sum(weights) * ranks[r] / sum(ranks)
    return result


@pytest.mark.parametrize("rank_share", [0.2, 0.7])
def test_negatives_are_chosen_with_the_probabilities_of_the_paper(rank_share: float) -> None:
    model = make(rank_share)
    for user in (0, 7):
        candidates = torch.tensor(CANDIDATES).expand(DRAWS, -1)
        chosen = model.choose_negatives(torch.full((DRAWS,), user), candidates)
        expected = literal_probabilities(model, user)
        for tweet in CANDIDATES:
            found = float((chosen == tweet).double().mean())
            assert found == pytest.approx(expected[tweet], abs=5 * math.sqrt(0.25 / DRAWS))


def test_small_ranks_are_hard_and_large_ones_are_uniform() -> None:
    user = torch.arange(12).repeat_interleave(2_000)
    candidates = torch.tensor(CANDIDATES).expand(user.numel(), -1)
    score = {}
    for rank_share in (0.1, 1e6):
        model = make(rank_share)
        score[rank_share] = float(model.score(user, model.choose_negatives(user, candidates)).mean().detach())
    uniform = float(model.scores(torch.arange(12))[:, CANDIDATES].mean().detach())
    assert score[1e6] == pytest.approx(uniform, abs=0.05)
    assert score[0.1] > uniform + 0.3


def test_a_user_without_a_taste_gets_one_of_the_candidates() -> None:
    model = make(0.5)
    with torch.no_grad():
        model.user.zero_()
    user = torch.zeros(100, dtype=torch.long)
    assert set(model.choose_negatives(user, torch.tensor(CANDIDATES).expand(100, -1)).tolist()) <= set(CANDIDATES)


def test_scores_and_loss_are_those_of_bpr_mf() -> None:
    model = make(0.5)
    other = BPRMF.of(NETWORK, dim=4).double()
    other.load_state_dict(model.state_dict())
    triples = torch.tensor([[0, 1, 7], [3, 4, 5], [6, 7, 8]])
    torch.testing.assert_close(model.loss(*triples), other.loss(*triples))
    torch.testing.assert_close(model.scores(torch.arange(12)), other.scores(torch.arange(12)))


def test_the_model_overfits_a_small_network() -> None:
    torch.manual_seed(0)
    assert_overfits(ADABPR.of(NETWORK, dim=16))


def test_the_trainer_lets_the_model_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    train, val, _ = NETWORK.splits(0.8, validation=0.3)
    shapes = []

    def choose(self: ADABPR, user: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
        shapes.append(candidates.shape)
        return candidates[:, 0]

    monkeypatch.setattr(ADABPR, "choose_negatives", choose)
    model = ADABPR.of(train, dim=4, oversampling=3)
    RankingTrainer(max_epochs=1, batch_size=10, progress=False).fit(model, train, val)
    assert set(shapes[:-1]) == {(10, 3)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"oversampling": 1}, "oversampling=1: must be at least 2"),
        ({"rank_share": 0.0}, "rank_share=0.0: must be a finite number above 0"),
    ],
)
def test_arguments_out_of_range_raise_an_error(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ADABPR(3, 4, **arguments)  # type: ignore[arg-type]
