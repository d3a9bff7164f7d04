from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.loader import PostBatch, PostLoader
from tests.models.popularity.small_stream import random_stream

STREAM = random_stream(posts=50)
TRAIN, VAL, TEST = STREAM.splits()


def targets_of(batch: PostBatch) -> list[int]:
    return batch.of_targets(batch.post)[batch.is_target].tolist()


@pytest.mark.parametrize("length", [1, 3, 8, 60])
@pytest.mark.parametrize("run_length", [1, 7, 64])
def test_each_window_has_the_last_posts_up_to_its_target(length: int, run_length: int) -> None:
    found = []
    for batch in PostLoader(STREAM, length, batch_size=14 if run_length < 64 else 64, run_length=run_length):
        windows = batch.windows(batch.post)[batch.is_target]
        images = batch.windows(batch.x_image)[batch.is_target]
        users = batch.windows(batch.user)[batch.is_target]
        valid = batch.windows(batch.valid)[batch.is_target]
        for row, target in enumerate(targets_of(batch)):
            expected = list(range(target - length + 1, target + 1))
            assert windows[row].tolist() == [max(post, -1) for post in expected]
            assert valid[row].tolist() == [post >= 0 for post in expected]
            for step, post in enumerate(expected):
                if post >= 0:
                    assert images[row, step].equal(STREAM["post"].x_image[post])
                    assert users[row, step] == STREAM.user[post]
                else:
                    assert not images[row, step].any()
        assert batch.y[batch.is_target].equal(STREAM.y[targets_of(batch)])
        found += targets_of(batch)
    assert found == list(range(50))


def test_parts_of_a_split_read_earlier_posts_but_only_their_own_labels() -> None:
    (batch,) = PostLoader(VAL, 4)
    assert targets_of(batch) == VAL.targets.tolist() == [40, 41, 42, 43, 44]
    assert batch.post[0, :3].tolist() == [37, 38, 39]
    assert batch.valid[0, :3].all()
    assert batch.x_image[0, 0].equal(STREAM["post"].x_image[37])
    assert batch.y[0, :5].equal(VAL.target_y)
    assert batch.y[0, 5:].isnan().all()  # the run goes on to posts of the test


def test_sparse_and_unlabelled_posts_are_targets_when_asked_for() -> None:
    y = STREAM.y.clone()
    y[[3, 30]] = torch.nan
    stream = random_stream(posts=50, y=y)
    assert [3, 30] not in [targets_of(batch) for batch in PostLoader(stream)]
    assert sum(batch.num_targets for batch in PostLoader(stream)) == 48
    (batch,) = PostLoader(stream, 2, posts=torch.tensor([3, 30]), run_length=8)
    assert targets_of(batch) == [3, 30]
    assert batch.post.shape == (2, 9)


def test_an_epoch_is_shuffled_by_its_seed_and_can_be_continued() -> None:
    def loader(seed: int = 0) -> PostLoader:
        return PostLoader(TRAIN, 3, batch_size=8, shuffle=True, seed=seed, run_length=4)

    first = loader()
    epochs = [[targets_of(batch) for batch in first] for _ in range(2)]
    assert epochs[0] != epochs[1]
    assert sorted(target for batch in epochs[0] for target in batch) == TRAIN.targets.tolist()
    assert epochs[0] != [targets_of(batch) for batch in loader(1)]
    assert len(first) == len(epochs[0]) == 5
    partly = loader()
    iterator = iter(partly)
    head = [targets_of(next(iterator)) for _ in range(2)]
    continued = loader()
    continued.load_state_dict(partly.state_dict())
    assert head + [targets_of(batch) for batch in continued] == epochs[0]
    assert [targets_of(batch) for batch in continued] == epochs[1]


def test_features_are_read_from_a_file_in_half_precision(tmp_path: Path) -> None:
    values = STREAM["post"].x_image.half().numpy()
    np.save(tmp_path / "x.npy", values)
    mapped = torch.from_numpy(np.load(tmp_path / "x.npy", mmap_mode="c"))
    (batch,) = PostLoader(random_stream(posts=50, x_image=mapped), 5)
    assert batch.x_image.dtype == torch.float16
    assert batch.of_targets(batch.x_image)[batch.is_target].numpy().tobytes() == values.tobytes()


def test_numbers_are_chosen_by_name() -> None:
    (batch,) = PostLoader(STREAM, 2, numbers=["ispro", "latitude"], image=False)
    torch.testing.assert_close(
        batch.of_targets(batch.numbers)[batch.is_target], STREAM.numbers[:, [2, 0]], equal_nan=True
    )
    assert batch.x_image is None
    assert batch.to("cpu").x_text.equal(batch.x_text)
    with pytest.raises(UsageError, match="the posts have no number 'views', which the model was trained on"):
        PostLoader(STREAM, numbers=["views"])


def test_sizes_below_one_and_streams_without_targets_raise_an_error() -> None:
    with pytest.raises(UsageError, match=r"PostLoader\(length=0\): must be at least 1"):
        PostLoader(STREAM, 0)
    with pytest.raises(UsageError, match="has no post to predict"):
        PostLoader(random_stream(y=torch.full((60,), torch.nan)))


@pytest.mark.parametrize("batch_size", [8, 64])
def test_the_shares_of_all_processes_are_all_posts_once(batch_size: int) -> None:
    """With one run in a batch, or in all, the runs are shortened."""
    shares = []
    for process in range(3):
        loader = PostLoader(TRAIN, 3, batch_size=batch_size, shuffle=True)
        loader.divide(process, 3)
        shares.append([targets_of(batch) for batch in loader])
        assert all(shares[-1])
    assert len({len(share) for share in shares}) == 1
    found = [target for share in shares for batch in share for target in batch]
    assert sorted(found) == TRAIN.targets.tolist()
