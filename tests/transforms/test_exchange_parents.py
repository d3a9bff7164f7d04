from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.simulate import simulate_posts
from graphcascade.transforms import ExchangeParents


def test_parents_are_exchanged_within_each_level_and_the_stream_stays() -> None:
    stream = simulate_posts(num_posts=500, dim=8)
    before = stream.parent.clone()
    placebo = ExchangeParents(seed=3)(stream.splits()[0])
    assert placebo.validate()
    assert stream.parent.equal(before)
    assert placebo.level.equal(stream.level)
    count = torch.bincount(before[before >= 0], minlength=stream.num_categories)
    assert torch.bincount(placebo.parent[placebo.parent >= 0], minlength=stream.num_categories).equal(count)
    assert (placebo.parent == before)[before >= 0].double().mean() < 0.2
    assert placebo.target_y.equal(stream.splits()[0].target_y)
    assert ExchangeParents(seed=3)(stream).parent.equal(placebo.parent)
    assert not ExchangeParents(seed=4)(stream).parent.equal(placebo.parent)


def test_bad_input() -> None:
    with pytest.raises(UsageError, match="data: must be a PostStream, not Data"):
        ExchangeParents()(Data())
    with pytest.raises(UsageError, match="seed"):
        ExchangeParents(-1)
    assert str(ExchangeParents(2)) == "ExchangeParents(seed=2)"
