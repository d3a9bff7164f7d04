import itertools
import math

import pytest
import torch

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.schema import RETWEETS
from graphcascade.errors import DataError, UsageError


def pairs(edge_index):
    return set(map(tuple, edge_index.t().tolist()))


def one_user(count, **changes):
    fields = {
        "retweets": torch.stack([torch.zeros(count, dtype=torch.long), torch.arange(count)]),
        "retweet_time": torch.arange(count, dtype=torch.float64).flip(0),
    }
    return RetweetNetwork(**{**fields, **changes})


def test_a_split_by_time_matches_that_by_hand():
    """Of ten retweets, floor(.7 * 10) = 7 are for training, and round(.2 * 7) = 1 of these for validation."""
    train, val, test = one_user(10).splits(0.7, validation=0.2)
    assert train.supervised[1].tolist() == [9, 8, 7, 6, 5, 4]
    assert val.supervised[1].tolist() == [3]
    assert test.supervised[1].tolist() == [2, 1, 0]
    assert test[RETWEETS].edge_label_time.tolist() == [7.0, 8.0, 9.0]


@pytest.mark.parametrize(("share", "validation"), [(0.6, 0.1), (0.7, 0.0), (0.8, 0.3)])
@pytest.mark.parametrize("method", ["chronological", "random"])
def test_sizes_of_the_parts_match_a_plain_loop(random_network, share, validation, method):
    network = random_network()
    parts = network.splits(share, method, validation)
    sizes = torch.stack([torch.bincount(part.supervised[0], minlength=20) for part in parts])
    for user in range(20):
        n = int((network.retweets[0] == user).sum())
        kept = max(1, math.floor(share * n + 1e-9)) if n else 0
        held = min(math.floor(validation * kept + 0.5), max(kept - 1, 0))
        assert sizes[:, user].tolist() == [kept - held, held, n - kept]
    assert set.union(*(pairs(part.supervised) for part in parts)) == pairs(network.retweets)
    if method == "chronological":
        for earlier, later in itertools.pairwise(parts):
            for user in range(20):
                first = earlier[RETWEETS].edge_label_time[earlier.supervised[0] == user]
                second = later[RETWEETS].edge_label_time[later.supervised[0] == user]
                assert first.numel() * second.numel() == 0 or first.max() <= second.min()


def test_parts_are_views_and_hold_no_answer(random_network):
    network = random_network(x_image=torch.zeros(30, 4))
    train, val, test = network.splits()
    for part in (train, val, test):
        assert part.validate()
        assert part["tweet"].x_image is network["tweet"].x_image
        assert part.follows is network.follows
        assert part.whole is network
    assert pairs(train.retweets) == pairs(train.supervised) == pairs(val.retweets)
    assert pairs(test.retweets) == pairs(train.supervised) | pairs(val.supervised)
    assert not pairs(test.retweets) & pairs(test.supervised)
    assert not pairs(val.retweets) & pairs(val.supervised)
    assert network.split is None
    assert "edge_label_index" not in network[RETWEETS]


def test_every_part_knows_its_split(random_network):
    network = random_network()
    splits = [part.split for part in network.splits(0.8, validation=0.25, seed=3)]
    assert [split.part for split in splits] == ["train", "val", "test"]
    assert {(split.method, split.seed) for split in splits} == {("chronological", 3)}
    assert splits[0].fractions == pytest.approx((0.6, 0.2, 0.2))
    assert len({split.digest for split in splits}) == 1


def test_digest_depends_on_the_division_only(random_network):
    network = random_network()
    digest = network.splits(method="random", seed=0)[0].split.digest
    assert digest == network.splits(method="random", seed=0)[2].split.digest
    assert digest != network.splits(method="random", seed=1)[0].split.digest
    order = torch.randperm(30, generator=torch.Generator().manual_seed(1))  # tweets are numbered in another order
    number = torch.argsort(order)
    renumbered = random_network(
        posts=torch.stack([network.posts[0][order], torch.arange(30)]),
        retweets=torch.stack([network.retweets[0], number[network.retweets[1]]]),
        retweet_time=network[RETWEETS].time,
        tweet_ids=network.tweet_ids[order.numpy()],
    )
    assert renumbered.splits()[0].split.digest == network.splits()[0].split.digest


def test_the_default_method_depends_on_the_data(random_network):
    assert random_network().splits()[0].split.method == "chronological"
    assert random_network(retweet_time=None).splits()[0].split.method == "random"
    part = torch.tensor([0, 0, 0, 1, 2], dtype=torch.int8)
    train, val, test = one_user(5, part=part).splits()
    assert train.split.method == "files"
    assert [view.supervised[1].tolist() for view in (train, val, test)] == [[2, 1, 0], [3], [4]]
    assert "part" not in train[RETWEETS]


def test_validation_is_taken_from_training_if_the_files_have_none():
    part = torch.tensor([2, 0, 0, 0, 0], dtype=torch.int8)
    train, val, test = one_user(5, part=part).splits(validation=0.25)
    assert [view.supervised[1].tolist() for view in (train, val, test)] == [[4, 3, 2], [1], [0]]


def test_random_split_depends_on_the_seed(random_network):
    network = random_network()
    first, again, other = (network.splits(method="random", seed=seed)[2].supervised for seed in (0, 0, 1))
    assert first.equal(again)
    assert pairs(first) != pairs(other)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"train": 1.0}, r"train=1\.0: .* between 0 and 1"),
        ({"validation": 1.0}, r"validation=1\.0"),
        ({"method": "latest"}, "method='latest': use 'files', 'random' or 'chronological'"),
        ({"method": "files"}, "no published split: its retweets have no column 'part' with train, val or test"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_invalid_arguments_raise_an_error(random_network, arguments, problem):
    with pytest.raises(UsageError, match=problem):
        random_network().splits(**arguments)


def test_a_chronological_split_needs_times(random_network):
    with pytest.raises(UsageError, match="retweets have no times; use 'random'"):
        random_network(retweet_time=None).splits(method="chronological")


def test_a_part_cannot_be_split_again(random_network):
    with pytest.raises(UsageError, match="this is the val part of a split; split the whole network"):
        random_network().splits()[1].splits()


def test_too_few_retweets_raise_an_error():
    with pytest.raises(DataError, match=r"1 retweets of 1 users leave the val part empty at a share of 0\.08"):
        one_user(1).splits()
    # of 6 retweets floor(0.8 * 6) = 4 are for training, and a tenth of them rounds to 0; of 7, 5, which rounds to 1
    with pytest.raises(DataError, match=r"because no user has enough; .* \(with the default shares, seven of one user"):
        one_user(6).splits()
    assert [part.num_supervised for part in one_user(7).splits()] == [4, 1, 2]


def test_a_published_split_without_a_test_raises_an_error():
    network = one_user(20)
    network["user", "retweets", "tweet"].part = torch.zeros(20, dtype=torch.int8)
    with pytest.raises(DataError, match="its published split has no test retweet; add one, or use another split"):
        network.splits()
