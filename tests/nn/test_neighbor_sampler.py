from __future__ import annotations

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.nn import NeighborSampler

EDGES = torch.tensor([[3, 0, 1, 4, 2, 0], [1, 1, 1, 1, 0, 4]])
WEIGHT = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])


def make_sampler(weighted: bool = True) -> NeighborSampler:
    sampler = NeighborSampler(5)
    sampler.set_edges(EDGES, WEIGHT if weighted else None)
    return sampler


def test_all_edges_of_the_nodes_are_returned_in_order() -> None:
    sampler = make_sampler()
    edge, target = sampler.edges(torch.tensor([4, 1, 2]))
    assert sampler.source[edge].tolist() == [0, 0, 1, 3, 4]
    assert target.tolist() == [0, 1, 1, 1, 1]
    assert sampler.weight is not None
    assert sampler.weight[edge].tolist() == [6, 2, 3, 1, 4]
    assert sampler.total.tolist() == [5, 10, 0, 0, 6]
    assert make_sampler(weighted=False).total.tolist() == [1, 4, 0, 0, 1]
    assert str(sampler) == "NeighborSampler(5, num_edges=6, weighted=True)"


def test_a_fan_out_draws_different_edges_each_equally_often() -> None:
    torch.manual_seed(0)
    sampler = make_sampler()
    counts = torch.zeros(5)
    for _ in range(600):
        edge, target = sampler.edges(torch.tensor([1, 0]), 3)
        drawn = sampler.source[edge[target == 0]]
        assert drawn.unique().numel() == 3
        counts[drawn] += 1
        assert sampler.source[edge[target == 1]].tolist() == [2]  # has fewer edges than are drawn
    assert counts[2] == 0
    assert counts[[0, 1, 3, 4]].sub(450).abs().max() < 45  # four standard deviations


def test_a_large_fan_out_takes_all_edges() -> None:
    sampler, node = make_sampler(), torch.arange(5)
    assert all(one.equal(other) for one, other in zip(sampler.edges(node, 4), sampler.edges(node), strict=True))


def test_draws_follow_the_seed() -> None:
    sampler = make_sampler()
    results = []
    for seed in (0, 0, 1, 2, 3):
        torch.manual_seed(seed)
        results.append(sampler.edges(torch.tensor([1]), 2)[0].tolist())
    assert results[0] == results[1]
    assert len({tuple(each) for each in results}) > 1


def test_broken_edges_and_fan_outs_raise_an_error() -> None:
    sampler = make_sampler()
    with pytest.raises(UsageError, match="fan_out=0: must be at least 1"):
        sampler.edges(torch.tensor([1]), 0)
    for name, value in {"source": sampler.source + 3, "ptr": sampler.ptr.flip(0), "total": None}.items():
        if value is not None:
            with pytest.raises(UsageError, match="are not edges between 5 nodes"):
                NeighborSampler(5, 6, True).load_state_dict(sampler.state_dict() | {name: value})
    loaded = NeighborSampler(5, 6, True)
    loaded.load_state_dict(sampler.state_dict())
    assert loaded.edges(torch.arange(5))[0].equal(sampler.edges(torch.arange(5))[0])
