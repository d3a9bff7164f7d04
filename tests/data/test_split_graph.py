from __future__ import annotations

import copy

import torch

from graphcascade.data import PostStream, RetweetNetwork
from graphcascade.data.posts.schema import POST
from graphcascade.data.retweets.schema import TWEET


def test_a_part_remembers_its_split_and_its_whole_and_its_copy_does_too() -> None:
    stream = PostStream(torch.arange(10.0, dtype=torch.float64), torch.zeros(10, dtype=torch.long), torch.rand(10))
    network = RetweetNetwork(retweets=torch.stack([torch.zeros(10, dtype=torch.long), torch.arange(10)]))
    for whole in (stream, network):
        parts = whole.splits()
        assert whole.split is None
        assert whole.whole is whole
        for part, name in zip(parts, ("train", "val", "test"), strict=True):
            for view in (part, copy.copy(part)):
                assert view.split is not None
                assert view.split.part == name
                assert view.whole is whole
                assert type(view) is type(whole)


def test_what_a_part_remembers_is_not_a_field_of_the_graph() -> None:
    """PyG writes, collates and moves what its stores hold."""
    stream = PostStream(torch.tensor([0.0], dtype=torch.float64), torch.tensor([0]), time_unit="h")
    network = RetweetNetwork(retweets=torch.tensor([[0], [0]]))
    for graph, node_type in ((stream, POST), (network, TWEET)):
        assert not {"_split", "_whole", "_encoders"} & set(graph.to_dict()["_global_store"])
        graph.encoders["image"] = "an encoder"
        assert "an encoder" not in str(graph.to_dict()[node_type])
    assert stream.time_unit == "h"
    assert network.time_unit is None
