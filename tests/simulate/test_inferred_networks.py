"""Infer a network, write it, read it, simulate on it: the cascades have the sizes that were seen."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.errors import DataError, UsageError
from graphcascade.io import read_graph, write_graph
from graphcascade.models import Netrate
from graphcascade.simulate import cyan_cascades, simulate_cascades


@pytest.mark.parametrize("ending", ["csv", "txt", "graphml"])
@pytest.mark.parametrize(
    ("network", "delays", "tolerance"),
    [("core-periphery", "exponential", 0.05), ("random", "rayleigh", 0.05)],
)
def test_sizes_are_those_that_were_seen(
    network: Literal["core-periphery", "random"],
    delays: Literal["exponential", "rayleigh"],
    tolerance: float,
    ending: str,
    tmp_path: Path,
) -> None:
    seen = cyan_cascades(network, delays, num_cascades=1000)
    path = write_graph(Netrate(delays).fit(seen).graph, seen.user_ids, tmp_path / f"network.{ending}")
    graph, users = read_graph(path)
    assert graph.horizon == 100.0
    again = simulate_cascades(graph, 1000, min_size=2, seed=1, user_ids=users)
    sizes, found = seen.table.size.double(), again.table.size.double()
    assert float(found.mean()) == pytest.approx(float(sizes.mean()), rel=tolerance)
    assert abs(float(found.quantile(0.9)) - float(sizes.quantile(0.9))) <= 1
    assert abs(float(found.median()) - float(sizes.median())) <= 1


def network() -> Data:
    graph = Data(edge_index=torch.tensor([[0, 1, 2], [1, 2, 0]]), edge_weight=torch.ones(3), num_nodes=3)
    graph.source_count = torch.tensor([1, 0, 3])
    return graph


def test_sources_are_drawn_as_often_as_they_were_seen() -> None:
    source = simulate_cascades(network(), 4000, horizon=1.0).table.source
    count = torch.bincount(source, minlength=3)
    assert count[1] == 0
    assert abs(int(count[0]) - 1000) < 150
    given = simulate_cascades(network(), 3, horizon=1.0, sources=torch.tensor([1, 1, 0])).table.source
    assert given.tolist() == [1, 1, 0]


@pytest.mark.parametrize("ending", ["csv", "graphml"])
def test_any_ids_of_sources_are_written_and_read(ending: str, tmp_path: Path) -> None:
    users = cyan_cascades(num_cascades=1).user_ids[:3].copy()
    users[:] = ['a, "b"', "#c", "d e"] if ending == "graphml" else ['a, "b"', "c#", "d e"]
    graph, again = read_graph(write_graph(network(), users, tmp_path / f"network.{ending}"))
    assert dict(zip(again, graph.source_count.tolist(), strict=True)) == {users[0]: 1, users[1]: 0, users[2]: 3}


def test_bad_counts_of_sources_raise_an_error(tmp_path: Path) -> None:
    graph = network()
    graph.source_count = torch.tensor([1, 0])
    with pytest.raises(UsageError, match=r"has a source_count \[2\]; it must be \[3\] numbers of 0 or more"):
        simulate_cascades(graph, 2)
    path = tmp_path / "network.txt"
    for line in ("a,1,b", "a,1.5", "a,0"):
        path.write_text(f"# graphcascade sources: {line}\na b 1\n")
        with pytest.raises(DataError, match="line 1: # graphcascade sources: must be followed by users, each with"):
            read_graph(path)
