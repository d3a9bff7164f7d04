from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.data import PostStream
from graphcascade.errors import UsageError
from graphcascade.transforms import PostWindows


def stream_of(posts: int) -> PostStream:
    return PostStream(torch.arange(posts).double(), torch.zeros(posts, dtype=torch.long), torch.ones(posts))


@pytest.mark.parametrize("length", [1, 2, 3, 8])
@pytest.mark.parametrize("posts", [0, 1, 2, 7])
def test_edges_equal_a_plain_loop(length: int, posts: int) -> None:
    edge_index = PostWindows(length)(stream_of(posts))["post", "before", "post"].edge_index
    expected = [(i, k) for k in range(posts) for i in range(k) if i > k - length]
    assert edge_index.dtype == torch.long
    assert list(map(tuple, edge_index.t().tolist())) == expected


def test_windows_cross_the_borders_of_a_split_and_the_stream_stays() -> None:
    stream = stream_of(10)
    test = PostWindows(3)(stream.splits()[2])
    edge_index = test["post", "before", "post"].edge_index
    assert edge_index[0, edge_index[1] == test.targets[0]].tolist() == [7, 8]
    assert test.split is not None
    assert test.validate()
    assert ("post", "before", "post") not in stream.edge_types


def test_bad_input() -> None:
    with pytest.raises(UsageError, match=r"PostWindows\(length=0\): must be at least 1"):
        PostWindows(0)
    with pytest.raises(UsageError, match="data: must be a PostStream, not Data"):
        PostWindows(2)(Data())
    assert str(PostWindows(2)) == "PostWindows(length=2)"
