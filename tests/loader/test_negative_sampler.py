import pytest
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets import exposure
from graphcascade.errors import UsageError
from graphcascade.loader import NegativeSampler, negative_sampler


@pytest.mark.parametrize("candidates", ["followees", "exposed", "uniform"])
@pytest.mark.parametrize("kept", [1 << 24, 10])
def test_all_candidates_and_nothing_else_are_drawn(random_network, allowed, monkeypatch, candidates, kept):
    monkeypatch.setattr(negative_sampler, "MAX_KEPT", kept)
    monkeypatch.setattr(exposure, "MAX_EXPANDED", 50 if kept == 10 else 1 << 22)
    network = random_network()
    sampler = NegativeSampler(network, candidates)
    expected = allowed(network, candidates)
    assert sampler.num_candidates.tolist() == [len(tweets) for tweets in expected]
    user = torch.arange(25).flip(0).repeat(1_000)
    tweet = sampler.draw(user, torch.Generator().manual_seed(0))
    for number in range(25):
        assert set(tweet[user == number].tolist()) == (expected[number] or {-1})


@pytest.mark.parametrize("candidates", ["followees", "uniform"])
def test_candidates_are_equally_likely(random_network, candidates):
    """A tweet that several followees passed on is as likely as one that a single followee passed on."""
    sampler = NegativeSampler(random_network(), candidates)
    user = int(sampler.num_candidates.argmax())
    count = int(sampler.num_candidates[user])
    draws = 2_000 * count
    tweet = sampler.draw(torch.full((draws,), user), torch.Generator().manual_seed(0))
    frequency = torch.bincount(tweet, minlength=40)
    assert (frequency > 0).sum() == count
    assert frequency[frequency > 0].double().sub(2_000).abs().max() < 5 * 2_000**0.5


def test_draws_do_not_depend_on_portions(random_network, monkeypatch):
    network, user = random_network(), torch.arange(25).repeat(9)
    whole = NegativeSampler(network).draw(user, torch.Generator().manual_seed(1))
    monkeypatch.setattr(exposure, "MAX_EXPANDED", 20)
    monkeypatch.setattr(negative_sampler, "MAX_KEPT", 0)
    sampler = NegativeSampler(network)
    assert sampler._kept is None
    assert sampler.draw(user, torch.Generator().manual_seed(1)).equal(whole)


def test_a_user_who_retweeted_everything_has_no_negative():
    network = RetweetNetwork(retweets=torch.tensor([[0, 0, 1], [0, 1, 1]]))
    sampler = NegativeSampler(network, "uniform")
    assert sampler.num_candidates.tolist() == [0, 1]
    assert sampler.draw(torch.tensor([0, 1]), torch.Generator()).tolist() == [-1, 0]


def test_unknown_candidates_raise_an_error(random_network):
    with pytest.raises(UsageError, match="candidates='all': use one of 'followees', 'exposed', 'uniform'"):
        NegativeSampler(random_network(), "all")
