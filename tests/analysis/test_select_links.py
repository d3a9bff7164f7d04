"""Selection of the links with the most evidence."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import link_evidence, select_links
from graphcascade.errors import UsageError
from graphcascade.models import Netrate
from graphcascade.simulate import cyan_cascades


def evidence() -> Data:
    graph = Data(edge_index=torch.tensor([[0, 0, 1, 2], [1, 2, 2, 0]]), num_nodes=4)
    graph.edge_weight = torch.tensor([9.0, 1.0, 2.0, 3.0])
    graph.support = torch.tensor([1, 8, 3, 2])
    graph.gain = torch.tensor([1.5, 7.0, 2.5, -1.0])
    graph.delays = "exponential"
    return graph


def test_links_are_ordered_by_gain_and_selected() -> None:
    graph = evidence()
    found = select_links(graph)
    assert found.edge_index.t().tolist() == [[0, 2], [1, 2], [0, 1], [2, 0]]
    assert found.edge_weight.tolist() == [1.0, 2.0, 9.0, 3.0]
    assert (found.num_nodes, found.delays) == (4, "exponential")
    assert select_links(graph, top=2).gain.tolist() == [7.0, 2.5]
    assert select_links(graph, min_support=2).support.tolist() == [8, 3, 2]
    assert select_links(graph, min_support=9).num_edges == 0
    assert graph.gain.tolist() == [1.5, 7.0, 2.5, -1.0]


def test_attributes_of_users_are_kept() -> None:
    graph = evidence()
    graph.age = torch.tensor([1, 2, 3, 4])  # as many users as links
    assert select_links(graph, top=1).age.tolist() == [1, 2, 3, 4]


def test_links_with_the_most_evidence_are_more_often_true_than_those_with_the_highest_rates() -> None:
    data = cyan_cascades("core-periphery", num_cascades=500)
    assert data.true_graph is not None
    model = Netrate()
    found = select_links(link_evidence(model.fit(data).graph, data, model))
    pairs = set(map(tuple, data.true_graph.edge_index.t().tolist()))
    right = torch.tensor([tuple(pair) in pairs for pair in found.edge_index.t().tolist()])
    by_rate = right[torch.argsort(found.edge_weight, descending=True)]
    assert right[:10].all()
    assert right[:40].sum() > by_rate[:40].sum()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"min_support": -1}, "min_support=-1: must be 0 or more"), ({"top": 0}, "top=0: must be 1 or more")],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        select_links(evidence(), **arguments)


def test_a_graph_without_evidence_raises_an_error() -> None:
    with pytest.raises(UsageError, match=r"has no evidence for its links; call link_evidence\(\) first"):
        select_links(Data(edge_index=torch.tensor([[0], [1]]), num_nodes=2))
