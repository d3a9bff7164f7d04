import itertools

import pytest
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.errors import UsageError
from graphcascade.loader import PreferenceLoader


def epoch(loader):
    """All triples of the next epoch, ``[n, 3]``."""
    return torch.cat([torch.stack(batch, dim=1) for batch in loader])


@pytest.mark.parametrize("candidates", ["followees", "exposed", "uniform"])
def test_triples_match_plain_loops(random_network, allowed, candidates):
    train = random_network().splits()[0]
    loader = PreferenceLoader(train, 32, 3, candidates)
    triples = epoch(loader)
    negatives, uniform = allowed(train, candidates), allowed(train, "uniform")
    followers = set(train.follows[0].tolist())
    passed = set(map(tuple, torch.cat([train.posts, train.retweets], dim=1).t().tolist()))
    links = set(map(tuple, train.follows.t().tolist()))
    positives = set(map(tuple, train.supervised.t().tolist()))
    if candidates == "exposed":
        reached = {(p, t) for p, t in positives if any((q, t) in passed for u, q in links if u == p)}
        expected = {(p, t) for p, t in positives if (p, t) in reached or p not in followers}
        assert loader.num_not_exposed == len(positives) - len(expected) > 0
        positives = expected
    else:
        assert loader.num_not_exposed == 0
    counts = dict.fromkeys(positives, 0)
    for user, positive, negative in triples.tolist():
        counts[user, positive] += 1
        assert negative in (negatives[user] or uniform[user])
    assert set(counts.values()) == {3}
    users = {user for user, _ in positives}
    assert loader.num_uniform_users == sum(not negatives[user] for user in users)
    assert (loader.num_uniform_users > 0) == (candidates != "uniform")


def test_epochs_differ_and_are_seeded(random_network):
    network = random_network()
    loader = PreferenceLoader(network, 50, seed=4)
    first, second = epoch(loader), epoch(loader)
    assert not first.equal(second)
    again = PreferenceLoader(network, 50, seed=4)
    again.set_epoch(1)
    assert epoch(again).equal(second)
    again.set_epoch(0)
    assert epoch(again).equal(first)
    assert not epoch(PreferenceLoader(network, 50, seed=5)).equal(first)


@pytest.mark.parametrize("candidates", ["followees", "uniform"])
def test_a_restart_in_the_middle_of_an_epoch_continues(random_network, candidates):
    network = random_network()
    loader = PreferenceLoader(network, 50, candidates=candidates, seed=1)
    epoch(loader)
    iterator = iter(loader)
    for _ in range(3):
        next(iterator)
    state = loader.state_dict()
    rest = torch.cat([torch.stack(batch, dim=1) for batch in iterator])
    following = epoch(loader)
    restarted = PreferenceLoader(network, 50, candidates=candidates, seed=1)
    restarted.load_state_dict(state)
    assert epoch(restarted).equal(rest)
    assert epoch(restarted).equal(following)


def test_a_stopped_iteration_does_not_count(random_network):
    loader = PreferenceLoader(random_network(), 50)
    stopped = list(itertools.islice(loader, 2))
    loader.load_state_dict({**loader.state_dict(), "yielded": 0})
    assert torch.cat([torch.stack(batch, 1) for batch in itertools.islice(loader, 2)]).equal(
        torch.cat([torch.stack(batch, 1) for batch in stopped])
    )


def test_the_length_is_the_number_of_batches(random_network):
    network = random_network()
    loader = PreferenceLoader(network, 64)
    assert loader.num_triples == 2 * network.retweets.size(1)
    sizes = [batch.user.numel() for batch in loader]
    assert len(sizes) == len(loader)
    assert (sum(sizes), set(sizes[:-1])) == (loader.num_triples, {64})
    dropped = PreferenceLoader(network, 64, drop_last=True)
    assert {batch.user.numel() for batch in dropped} == {64}
    assert len(list(dropped)) == len(dropped) == loader.num_triples // 64


def test_without_shuffling_triples_are_sorted_by_user(random_network):
    network = random_network()
    triples = epoch(PreferenceLoader(network, 64, shuffle=False))
    assert triples[:, 0].equal(network.retweets[0].repeat_interleave(2))
    assert triples[:, 1].equal(network.retweets[1].repeat_interleave(2))


def test_users_who_retweeted_everything_are_left_out_and_counted():
    loader = PreferenceLoader(RetweetNetwork(retweets=torch.tensor([[0, 0, 1], [0, 1, 1]])), 4)
    assert loader.num_without_negatives == 2
    assert epoch(loader).tolist() == [[1, 1, 0], [1, 1, 0]]


@pytest.mark.parametrize("candidates", ["followees", "uniform"])
def test_a_triple_may_have_several_negatives(random_network, allowed, candidates):
    network = random_network()
    negatives, uniform = allowed(network, candidates), allowed(network, "uniform")
    single = sorted(epoch(PreferenceLoader(network, 64, 2, candidates))[:, :2].tolist())
    batches = list(PreferenceLoader(network, 64, 2, candidates, oversampling=3))
    assert (
        sorted([u, i] for batch in batches for u, i in zip(*map(torch.Tensor.tolist, batch[:2]), strict=True)) == single
    )
    assert batches[0].negative.shape == (64, 3)
    for user, row in zip(batches[0].user.tolist(), batches[0].negative.tolist(), strict=True):
        assert all(tweet in (negatives[user] or uniform[user]) for tweet in row)
    assert torch.cat([batch.negative for batch in batches]).double().std(1).gt(0).any()


def test_held_out_retweets_do_not_matter(random_network):
    """Another network whose held-out retweets differ gives the same triples."""
    train = random_network().splits()[0]
    alone = RetweetNetwork(
        follows=train.follows, posts=train.posts, retweets=train.retweets, num_users=25, num_tweets=40
    )
    assert epoch(PreferenceLoader(train, 64)).equal(epoch(PreferenceLoader(alone, 64)))


def test_invalid_arguments_raise_an_error(random_network):
    network = random_network()
    with pytest.raises(UsageError, match=r"PreferenceLoader\(batch_size=0\): must be at least 1"):
        PreferenceLoader(network, 0)
    with pytest.raises(UsageError, match=r"PreferenceLoader\(num_negatives=0\): must be at least 1"):
        PreferenceLoader(network, num_negatives=0)
    with pytest.raises(UsageError, match=r"PreferenceLoader\(oversampling=0\): must be at least 1"):
        PreferenceLoader(network, oversampling=0)
    with pytest.raises(UsageError, match="this is the test part of a split; draw triples from the train part"):
        PreferenceLoader(network.splits()[2])
    with pytest.raises(UsageError, match=r"drop_last=True leaves no batch of its .* triples; lower batch_size"):
        PreferenceLoader(network, 10_000, drop_last=True)
    with pytest.raises(UsageError, match="it has no retweet to draw triples from"):
        PreferenceLoader(RetweetNetwork(retweets=torch.tensor([[0, 0], [0, 1]])))
    state = PreferenceLoader(network, 8).state_dict()
    with pytest.raises(UsageError, match="the saved state has batch_size=8, this loader has batch_size=9"):
        PreferenceLoader(network, 9).load_state_dict(state)


def test_the_shares_of_all_processes_are_the_batches_of_one(random_network):
    def batches(process, num_processes):
        loader = PreferenceLoader(random_network(), 32, seed=1)
        loader.divide(process, num_processes)
        return [list(zip(*(column.tolist() for column in batch), strict=True)) for batch in loader]

    one, shares = batches(0, 1), [batches(process, 2) for process in range(2)]
    assert len(one[-1]) >= 2
    assert [sorted(a + b) for a, b in zip(*shares, strict=True)] == [sorted(batch) for batch in one]
