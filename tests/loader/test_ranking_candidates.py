import pytest
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.errors import UsageError
from graphcascade.loader import draw_candidates


@pytest.mark.parametrize("candidates", ["followees", "exposed", "uniform"])
@pytest.mark.parametrize("num_negatives", [2, 30])
def test_candidates_match_plain_loops(random_network, allowed, candidates, num_negatives):
    network = random_network()
    test = network.splits(0.6)[2]
    drawn = draw_candidates(test, candidates, num_negatives, seed=3)
    negatives = allowed(network, candidates)
    followers = set(network.follows[0].tolist())
    passed = set(map(tuple, torch.cat([network.posts, network.retweets], dim=1).t().tolist()))
    links = set(map(tuple, network.follows.t().tolist()))
    missing, ranked, left_out, unreached = 0, set(), 0, 0
    for user in range(25):
        positives = {t for u, t in test.supervised.t().tolist() if u == user}
        if candidates != "uniform" and user not in followers:
            left_out += bool(positives)
            positives = set()
        if candidates == "exposed":
            kept = {t for t in positives if any((q, t) in passed for p, q in links if p == user)}
            unreached += len(positives - kept) if kept else 0
            positives = kept
        mine = drawn.user == user
        assert set(drawn.tweet[mine & drawn.label].tolist()) == positives
        found = drawn.tweet[mine & ~drawn.label].tolist()
        assert len(set(found)) == len(found) == min(num_negatives * len(positives), len(negatives[user]))
        assert set(found) <= negatives[user]
        missing += num_negatives * len(positives) - len(found)
        ranked |= {user} if positives else set()
    assert drawn.missing_negatives == missing
    assert drawn.num_users == len(ranked)
    assert drawn.users_without_followees == left_out
    assert drawn.retweets_not_exposed == unreached
    assert drawn.user.diff().min() >= 0
    assert drawn.positive_share == pytest.approx(float(drawn.label.sum()) / drawn.label.numel())
    if num_negatives == 30:
        assert missing > 0


def test_the_seed_decides_the_candidates(random_network):
    test = random_network().splits()[2]
    first, again, other = (draw_candidates(test, "uniform", seed=seed).tweet for seed in (0, 0, 1))
    assert first.equal(again)
    assert not first.equal(other)


def test_users_who_are_left_out_are_counted():
    """User 1 follows a user who passed on nothing else; user 2 retweeted what no followee passed on."""
    network = RetweetNetwork(
        follows=torch.tensor([[1, 2], [3, 0]]),
        posts=torch.tensor([[3, 0], [0, 1]]),
        retweets=torch.tensor([[1, 1, 2, 2, 0, 0], [0, 2, 2, 3, 2, 3]]),
        num_users=4,
        part=torch.tensor([2, 0, 2, 0, 2, 0], dtype=torch.int8),
    )
    network["user"].num_nodes = 4
    test = network.splits(validation=0.0)[2]
    drawn = draw_candidates(test)
    assert (drawn.users_without_followees, drawn.users_without_negatives) == (1, 1)
    assert drawn.user.tolist() == [2, 2]
    assert drawn.label.tolist() == [True, False]
    assert drawn.tweet.tolist() == [2, 1]  # user 0 posted 1 and retweeted 2 and 3
    assert drawn.missing_negatives == 1


def test_invalid_arguments_raise_an_error(random_network):
    test = random_network().splits()[2]
    with pytest.raises(UsageError, match="candidates='all': use one of"):
        draw_candidates(test, "all")
    with pytest.raises(UsageError, match="num_negatives=0: must be at least 1"):
        draw_candidates(test, num_negatives=0)
    nobody = r"candidates='followees': no user of .* is left .* \d+ follow nobody; .* such as candidates='uniform'"
    with pytest.raises(UsageError, match=nobody):
        draw_candidates(random_network(follows=torch.empty(2, 0, dtype=torch.long)).splits()[2])
