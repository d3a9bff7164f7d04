import copy

import pytest
import torch

from graphcascade.data import RetweetNetwork, RetweetRepairs
from graphcascade.data.retweets.schema import FOLLOWS, POSTS, RETWEETS
from graphcascade.errors import DataError


def small(**changes):
    fields = {
        "follows": torch.tensor([[0, 0], [1, 2]]),
        "posts": torch.tensor([[1, 1], [0, 1]]),
        "retweets": torch.tensor([[2, 0, 0], [1, 1, 0]]),
        "post_time": torch.tensor([1.0, 2.0], dtype=torch.float64),
        "retweet_time": torch.tensor([3.0, 5.0, 4.0], dtype=torch.float64),
    }
    return RetweetNetwork(**{**fields, **changes})


def test_retweets_are_sorted_by_user_then_by_time():
    network = small(part=torch.tensor([0, 1, 2], dtype=torch.int8))
    assert network.retweets.tolist() == [[0, 0, 2], [0, 1, 1]]
    assert network[RETWEETS].time.tolist() == [4.0, 5.0, 3.0]
    assert network[RETWEETS].part.tolist() == [2, 1, 0]
    assert network.validate()


def test_a_network_has_sizes_and_default_ids():
    network = small()
    assert (network.num_users, network.num_tweets, network.num_supervised) == (3, 2, 3)
    assert network.user_ids.tolist() == ["0", "1", "2"]
    assert network.supervised is network.retweets
    assert network.post_time.tolist() == [1.0, 2.0]
    assert small(post_time=None).post_time is None
    assert not network.repairs
    assert (network.time_unit, small(time_unit="s").time_unit) == (None, "s")
    assert network.whole is network


def test_a_tweet_without_an_author_has_no_post_time():
    network = small(posts=torch.tensor([[1], [1]]), post_time=torch.tensor([2.0], dtype=torch.float64))
    assert network.post_time.tolist() == [-torch.inf, 2.0]
    assert network.validate()


def test_a_network_behaves_like_a_hetero_data():
    network = small(x_image=torch.ones(2, 4))
    assert network.edge_types == [FOLLOWS, POSTS, RETWEETS]
    assert network["tweet"].x_image.shape == (2, 4)
    copied = copy.copy(network)
    assert copied.repairs == RetweetRepairs()
    assert network.to("cpu").validate()
    assert "RetweetNetwork" in repr(network)
    assert network.clone().user_ids.tolist() == network.user_ids.tolist()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"follows": torch.tensor([[0], [0]])}, "a user follows itself"),
        ({"follows": torch.tensor([[0, 0], [1, 1]])}, "a link of 'follows' occurs twice"),
        ({"posts": torch.tensor([[0, 1], [1, 1]])}, "a tweet is posted twice"),
        ({"retweets": torch.tensor([[0, 0, 0], [1, 1, 0]])}, "a user retweets a tweet twice"),
        ({"num_users": 2}, r"'edge_index' of \('user', 'follows', 'user'\) has user numbers outside of 0 to 1"),
        ({"num_tweets": 1}, r"'edge_index' of .*posts.* has tweet numbers outside of 0 to 0"),
        ({"retweet_time": torch.tensor([3.0, 5.0, 4.0])}, r"'time' of .*retweets.* must be float64 of shape \[3\]"),
        ({"post_time": torch.tensor([1.0], dtype=torch.float64)}, r"'time' of .*posts.* got float64 of shape \[1\]"),
        ({"x_image": torch.ones(3, 4)}, r"'x_image' of 'tweet' must be float32 of shape \[2, D\]"),
        ({"x_image": torch.full((2, 4), torch.nan)}, "'x_image' of 'tweet' has values that are not finite"),
        ({"text": ["a", "b"]}, "'text' of 'tweet' must be an array of 2 strings"),
        (
            {"post_time": torch.tensor([1.0, 3.5], dtype=torch.float64)},
            "'2' retweets '1' at 3, before it is posted at 3.5",
        ),
    ],
)
def test_validate_says_what_is_wrong(changes, problem):
    network = small(**changes)
    with pytest.raises(DataError, match=problem):
        network.validate()
    assert network.validate(raise_on_error=False) is False


def test_validate_needs_the_schema():
    network = small()
    del network[FOLLOWS]
    with pytest.raises(DataError, match="needs the edge type"):
        network.validate()
    with pytest.raises(DataError, match="needs 'user' nodes"):
        RetweetNetwork().validate()


def test_validate_finds_two_users_with_one_id():
    network = small()
    network["user"].ids = network.user_ids.copy()
    network["user"].ids[2] = "0"
    with pytest.raises(DataError, match="two users have the same id"):
        network.validate()


def test_validate_finds_unsorted_retweets():
    network = small()
    network[RETWEETS].edge_index = network.retweets.flip(1)
    with pytest.raises(DataError, match="not sorted by user"):
        network.validate()


def test_users_who_retweet_are_seen(random_network) -> None:
    train, _, test = random_network().splits(0.6)
    for part in (train, test):
        assert part.seen.nonzero().view(-1).tolist() == sorted(set(part.supervised[0].tolist()))


def test_fingerprints_depend_on_ids_only(random_network) -> None:
    network = random_network()
    train, val, test = network.splits(0.6)
    parts = torch.cat([train.fingerprints, val.fingerprints, test.fingerprints])
    assert parts.sort().values.equal(network.fingerprints.sort().values)
    assert parts.unique().numel() == network.num_supervised
    renamed = random_network(user_ids=network.user_ids[::-1].copy())
    assert not torch.isin(renamed.fingerprints, network.fingerprints).all()
