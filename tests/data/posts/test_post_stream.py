import copy

import numpy as np
import pytest
import torch

from graphcascade.data import PostRepairs, PostStream
from graphcascade.data.posts.schema import IN, PARENT_OF, PUBLISHES
from graphcascade.errors import DataError, UsageError


def test_posts_are_sorted_by_time_and_ties_keep_their_order(make_stream) -> None:
    stream = make_stream()
    assert stream.post_ids.tolist() == ["p0", "p1", "p3", "p2"]
    assert stream.time.tolist() == [10.0, 20.0, 20.0, 90.0]
    assert stream.user.tolist() == [0, 1, 2, 1]
    assert stream.category.tolist() == [2, -1, 1, 3]
    assert stream.y.nan_to_num(-1).tolist() == [1.0, 2.0, -1.0, 6.0]
    assert stream.numbers.nan_to_num(-1).view(-1).tolist() == [0.0, 1.0, -1.0, 2.0]
    assert stream.repairs == PostRepairs(posts_out_of_order=1)
    assert stream.validate()


def test_edges_say_who_publishes_what_in_which_category(make_stream) -> None:
    stream = make_stream()
    assert stream[PUBLISHES].edge_index.tolist() == [[0, 1, 2, 1], [0, 1, 2, 3]]
    assert stream[IN].edge_index.tolist() == [[0, 2, 3], [2, 1, 3]]
    assert stream[PARENT_OF].edge_index.tolist() == [[0, 1], [1, 2]]
    assert stream.parent.tolist() == [-1, 0, 1, -1]


def test_levels_and_ancestors_go_from_coarse_to_fine(make_stream) -> None:
    stream = make_stream()
    assert stream.level.tolist() == [0, 1, 2, 0]
    assert stream.ancestors.tolist() == [[0, -1, -1], [0, 1, -1], [0, 1, 2], [3, -1, -1]]
    assert (stream.depth, stream.num_categories) == (3, 4)


def test_a_stream_has_sizes_and_default_ids() -> None:
    stream = PostStream(time=torch.zeros(3, dtype=torch.float64), user=torch.tensor([1, 0, 1]))
    assert (stream.num_posts, stream.num_users, stream.num_categories, stream.depth) == (3, 2, 0, 0)
    assert stream.post_ids.tolist() == ["0", "1", "2"]
    assert stream.targets.tolist() == []
    assert stream.numbers.shape == (3, 0)
    assert not stream.repairs
    assert stream.whole is stream
    assert stream.time_unit == "s"
    assert stream.validate()
    assert stream.describe()["posts with a label"] == 0


def test_a_text_is_there_if_the_post_has_a_text_or_a_title(make_stream) -> None:
    stream = make_stream()
    assert stream["post"].has_text.tolist() == [True, True, True, False]
    assert stream["post"].has_image.tolist() == [False] * 4
    features = torch.tensor([[0.0, 0.0], [0.0, 2.0], [1.0, 0.0], [0.0, 0.0]], dtype=torch.float16)
    assert make_stream(x_image=features)["post"].has_image.tolist() == [False, True, False, True]
    given = make_stream(x_image=features, has_image=torch.tensor([True, False, False, False]))
    assert given["post"].has_image.tolist() == [True, False, False, False]


def test_sorted_posts_are_not_copied() -> None:
    features = torch.ones(3, 2)
    time = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)
    stream = PostStream(time, torch.zeros(3, dtype=torch.long), x_image=features)
    assert stream["post"].x_image.data_ptr() == features.data_ptr()


def test_features_may_be_memory_mapped(tmp_path) -> None:
    features = np.memmap(tmp_path / "x.bin", dtype=np.float16, mode="w+", shape=(3, 2))
    features[1] = 1
    stream = PostStream(
        torch.arange(3, dtype=torch.float64), torch.zeros(3, dtype=torch.long), x_text=torch.from_numpy(features)
    )
    assert stream.validate()
    assert stream["post"].has_text.tolist() == [False, True, False]
    features[2] = 5
    assert stream["post"].x_text[2].tolist() == [5, 5]
    train, _, _ = PostStream(stream.time, stream.user, torch.ones(3), x_text=stream["post"].x_text).splits(0.4, 0.3)
    assert train["post"].x_text.data_ptr() == stream["post"].x_text.data_ptr()


def test_a_stream_behaves_like_a_hetero_data(make_stream) -> None:
    stream = make_stream()
    assert stream.node_types == ["post", "user", "category"]
    assert stream.edge_types == [PUBLISHES, IN, PARENT_OF]
    assert copy.copy(stream).repairs == stream.repairs
    assert stream.to("cpu").validate()
    assert stream.clone().post_ids.tolist() == stream.post_ids.tolist()
    assert stream.clone().number_names == ("followers",)
    assert "PostStream" in repr(stream)


def test_parts_are_in_the_order_of_time_and_share_everything_but_their_targets(random_stream) -> None:
    y = torch.arange(20.0)
    y[3] = torch.nan
    stream = random_stream(posts=20, y=y)
    parts = stream.splits(0.6, 0.2)
    labelled = [post for post in range(20) if post != 3]
    assert [part.targets.tolist() for part in parts] == [labelled[:11], labelled[11:15], labelled[15:]]
    for part, name in zip(parts, ("train", "val", "test"), strict=True):
        assert part.target_y.tolist() == part.targets.tolist()
        assert part["post"].y.data_ptr() == stream["post"].y.data_ptr()
        assert part[PUBLISHES].edge_index.data_ptr() == stream[PUBLISHES].edge_index.data_ptr()
        assert part.known_y.nan_to_num(-1).tolist() == [0, 1, 2, -1, *range(4, 12), *[-1] * 8]
        assert part.whole is stream
        assert (part.split.part, part.split.method) == (name, "chronological")
        assert part.seen.nonzero().view(-1).tolist() == sorted(set(stream.user[part.targets].tolist()))
        assert part.describe()["posts of this part"] == part.targets.numel()
        assert part.validate()
    assert stream.targets.tolist() == labelled
    assert stream.known_y is stream.y
    assert stream.split is None


def test_fingerprints_depend_on_ids_and_times_only(random_stream) -> None:
    stream = random_stream()
    parts = torch.cat([part.fingerprints for part in stream.splits()])
    assert parts.equal(stream.fingerprints)
    assert parts.unique().numel() == stream.num_posts
    other_order = torch.arange(stream.num_posts).flip(0)
    names = np.array([str(post) for post in other_order.tolist()], dtype=object)
    renumbered = PostStream(
        stream.time[other_order], stream.user[other_order], stream.y[other_order], num_users=7, post_ids=names
    )
    assert renumbered.fingerprints.equal(stream.fingerprints)
    assert not torch.isin(random_stream(seed=1).fingerprints, stream.fingerprints).any()


def test_labels_are_logarithms_of_one_plus_the_views() -> None:
    views = torch.tensor([0.0, 1.0, 3.0, 1000.0])
    y = PostStream.to_labels(views)
    assert y.tolist() == pytest.approx([0.0, 1.0, 2.0, np.log2(1001)])
    assert PostStream.to_views(y).tolist() == pytest.approx(views.tolist())
    assert PostStream.to_views(torch.tensor([-1.0])).tolist() == [0.0]
    assert PostStream.to_labels(torch.tensor([7])).dtype == torch.float32
    with pytest.raises(UsageError, match=r"views=-2.0: numbers of views must not be negative"):
        PostStream.to_labels(torch.tensor([1.0, -2.0]))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"time": torch.tensor([1.0, 2.0, torch.inf, 3.0]).double()},
            "'time' of 'post' has values that are not finite",
        ),
        ({"time": torch.tensor([1.0, 2.0, 3.0, 4.0])}, r"'time' of 'post' must be float64 of shape \[4\], got float32"),
        ({"y": torch.tensor([1.0, 2.0, -torch.inf, 3.0])}, "'y' of 'post' has values that are not finite"),
        ({"y": torch.ones(4).double()}, r"'y' of 'post' must be float32 of shape \[4\]"),
        ({"num_users": 2}, r"'edge_index' of \('user', 'publishes', 'post'\) has user numbers outside of 0 to 1"),
        ({"category": torch.tensor([0, 1, 4, 0])}, "'edge_index' of .*'in'.* has category numbers outside of 0 to 3"),
        ({"x_image": torch.ones(4, 2).double()}, r"'x_image' of 'post' must be float16 or float32 of shape \[4, D\]"),
        ({"x_text": torch.full((4, 2), torch.nan)}, "'x_text' of 'post' has values that are not finite"),
        ({"post_ids": np.array(["a", "b", "a", "c"], dtype=object)}, "two post nodes have the id 'a'"),
        ({"category_ids": np.array(["a", "b", "b", "c"], dtype=object)}, "two category nodes have the id 'b'"),
        ({"number_names": ()}, "'numbers' of 'post' has 1 columns, but there are 0 names"),
        ({"crawl_time_names": ("likes",)}, "the crawl-time number 'likes' is not one of the numbers"),
        ({"text": np.array(["a", "b", "c", "d"])}, "'text' of 'post' must be an array of 4 strings"),
    ],
)
def test_validate_says_what_is_wrong(make_stream, changes, problem) -> None:
    stream = make_stream(**changes)
    with pytest.raises(DataError, match=problem):
        stream.validate()
    assert stream.validate(raise_on_error=False) is False


@pytest.mark.parametrize(
    ("edge_type", "index", "problem"),
    [
        (PARENT_OF, [[0, 1, 3], [1, 2, 2]], "the category 'cat' has two parents"),
        (PARENT_OF, [[0, 1, 2], [1, 2, 0]], "the category 'animal' is its own ancestor"),
        (PARENT_OF, [[0], [1]], "'level' of 'category' differs"),
        (IN, [[0, 0], [1, 2]], "the post 'p0' is in two categories"),
        (PUBLISHES, [[0, 1, 2, 1], [0, 1, 3, 2]], "one edge for each post, in the order of the posts"),
    ],
)
def test_validate_checks_the_edges(make_stream, edge_type, index, problem) -> None:
    stream = make_stream()
    stream[edge_type].edge_index = torch.tensor(index)
    with pytest.raises(DataError, match=problem):
        stream.validate()


def test_validate_needs_the_schema_and_the_order(make_stream) -> None:
    with pytest.raises(DataError, match="needs 'post' nodes"):
        PostStream().validate()
    stream = make_stream()
    stream["post"].time = stream.time.flip(0)
    with pytest.raises(DataError, match="not in the order of time"):
        stream.validate()
    del stream[IN]
    with pytest.raises(DataError, match="needs the edge type"):
        stream.validate()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"y": torch.ones(3)}, "'y' must have 4 entries, one for each post; it has 3"),
        ({"parent": torch.tensor([-1, 2, 1, -1])}, "the category 'pet' has no root: it is below 'cat'"),
        ({"parent": torch.tensor([0, 0, 1, -1])}, "'animal' has no root: it is below 'animal'"),
        ({"parent": torch.tensor([-1, 0, 9, -1])}, "the parent of the category 'cat' is 9, outside of 0 to 3"),
    ],
)
def test_a_stream_cannot_be_made_of_fields_that_do_not_fit(make_stream, changes, problem) -> None:
    with pytest.raises(DataError, match=problem):
        make_stream(**changes)
