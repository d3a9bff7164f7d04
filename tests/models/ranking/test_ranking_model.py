"""What all ranking models share: how they are attached to networks."""

from __future__ import annotations

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import AMNL, BPRMF, TweetPopularity
from graphcascade.models.ranking import ranking_model
from tests.models.ranking.small_network import random_network, reorder
from tests.models.small_data import dataset_of

NETWORK = random_network()


def test_users_and_tweets_are_matched_by_their_ids() -> None:
    model = BPRMF.of(NETWORK, dim=3)
    model.prepare(NETWORK)
    before = model.scores(torch.arange(12))
    other, user, tweet = reorder(NETWORK)
    after = model.attach(other).scores(user)
    torch.testing.assert_close(after[:, tweet], before)


def test_scores_come_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    model = BPRMF.of(NETWORK, dim=3)
    users = torch.tensor([4, 2, 9, 1, 0])
    monkeypatch.setattr(ranking_model, "MAX_SCORES", 45)
    portions = list(model.iterate_scores(users))
    assert [rows for rows, _ in portions] == [slice(0, 2), slice(2, 4), slice(4, 5)]
    torch.testing.assert_close(torch.cat([scores for _, scores in portions]), model.scores(users))


def test_a_model_remembers_its_training() -> None:
    train, _, test = NETWORK.splits(0.6)
    model = BPRMF.of(train)
    model.prepare(train)
    assert model.seen.equal(train.seen)
    assert model.split == train.split
    assert model.user_ids is train.user_ids
    assert model.training_fingerprints.equal(train.fingerprints.unique())
    assert not torch.isin(test.fingerprints, model.training_fingerprints).any()


def test_networks_that_do_not_fit_raise_an_error() -> None:
    train, val, _ = NETWORK.splits(0.6)
    with pytest.raises(UsageError, match="the model has 3 users, the network retweets has 12"):
        BPRMF(3, 20).attach(NETWORK)
    with pytest.raises(UsageError, match="the model has 3 tweets, the network retweets has 20"):
        BPRMF(12, 3).attach(NETWORK)
    with pytest.raises(UsageError, match="this is the val part of a split; train on the train part"):
        BPRMF.of(train).prepare(val)
    with pytest.raises(UsageError, match=r"call attach\(network\) first"):
        BPRMF(3, 4).scores(torch.tensor([0]))
    with pytest.raises(UsageError, match="num_tweets=0: must be at least 1"):
        BPRMF(3, 0)
    model = BPRMF.of(NETWORK)
    model.prepare(NETWORK)
    with pytest.raises(UsageError, match="users or tweets that are new to the trained model"):
        model.prepare(random_network(users=13))


def test_cascades_are_no_network() -> None:
    cascades = dataset_of([[0, 1], [1, 2]], 3)
    words = "network: must be a RetweetNetwork, not CascadeDataset, because the model ranks tweets; read_retweets reads"
    with pytest.raises(UsageError, match=words):
        AMNL.of(cascades)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        AMNL.of(random_network(), dim=4).attach(cascades)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="train: must be a RetweetNetwork, not CascadeDataset"):
        TweetPopularity(3, 5).fit(cascades)  # type: ignore[arg-type]
