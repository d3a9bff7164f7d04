import pytest
import torch

from graphcascade.errors import DataError, UsageError


def test_shares_are_counted_without_rounding_errors(random_stream) -> None:
    for count, sizes in ((10, [8, 1, 1]), (4000, [3200, 400, 400]), (11, [8, 1, 2])):
        assert [part.targets.numel() for part in random_stream(posts=count).splits()] == sizes
    assert [part.targets.numel() for part in random_stream(posts=10).splits(0.7, 0)] == [7, 0, 3]


def test_the_digest_changes_with_the_parts(random_stream) -> None:
    digests = {random_stream(posts=20).splits(share)[0].split.digest for share in (0.6, 0.7, 0.6)}
    assert len(digests) == 2
    assert len({part.split.digest for part in random_stream().splits()}) == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"train": 1.0}, "train=1.0: the share of training posts must be between 0 and 1"),
        ({"train": 0.9, "validation": 0.1}, "validation=0.1: this share must be 0 or more, and leave posts"),
        ({"validation": -0.1}, "validation=-0.1"),
    ],
)
def test_shares_must_leave_a_test_part(random_stream, arguments, problem) -> None:
    with pytest.raises(UsageError, match=problem):
        random_stream().splits(**arguments)


def test_a_part_is_not_empty_and_not_split_again(random_stream) -> None:
    with pytest.raises(DataError, match="no post has a label; name the column of the labels"):
        random_stream(y=torch.full((40,), torch.nan)).splits()
    with pytest.raises(DataError, match=r"2 posts with labels leave the val part empty at a share of 0\.1; add posts"):
        random_stream(posts=3, y=torch.tensor([1.0, torch.nan, 2.0])).splits()
    with pytest.raises(UsageError, match="this is the train part of a split; split the whole stream"):
        random_stream().splits()[0].splits()
