import pytest
import torch

from graphcascade.data.retweets import exposure
from graphcascade.data.retweets.exposure import Exposure


def reached_by_loop(network, user):
    """Tweets that reached a user, in a plain loop."""
    followees = {q for p, q in network.follows.t().tolist() if p == user}
    passed = network.posts.t().tolist() + network.retweets.t().tolist()
    return {tweet for q, tweet in passed if q in followees}


@pytest.mark.parametrize("limit", [1 << 22, 7])
def test_reaches_and_pools_match_a_plain_loop(random_network, monkeypatch, limit):
    monkeypatch.setattr(exposure, "MAX_EXPANDED", limit)
    network = random_network(follows=random_network().follows[:, 5:])
    found = Exposure.from_network(network)
    user, tweet = torch.meshgrid(torch.arange(20), torch.arange(30), indexing="ij")
    reaches = found.reaches(user.reshape(-1), tweet.reshape(-1)).view(20, 30)
    order = torch.arange(19, -1, -1)
    pools = {}
    for rows, tweets, ptr in found.pools(order):
        for user_number, part in zip(order[rows].tolist(), tweets.split(ptr.diff().tolist()), strict=True):
            pools[user_number] = part.tolist()
    assert sorted(pools) == list(range(20))
    for number in range(20):
        expected = reached_by_loop(network, number)
        assert set(reaches[number].nonzero().view(-1).tolist()) == expected
        assert pools[number] == sorted(expected)


def test_users_without_followees_are_reached_by_nothing(random_network):
    network = random_network(follows=torch.tensor([[0], [1]]))
    found = Exposure.from_network(network)
    assert found.has_followees.nonzero().view(-1).tolist() == [0]
    assert not found.reaches(torch.tensor([1, 2]), torch.tensor([0, 0])).any()
