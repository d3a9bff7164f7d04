from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import describe_chance, link_evidence
from graphcascade.errors import UsageError
from tests.models.small_data import dataset_of

IDS = np.array(["ann", "bob", "cy", "dan"], dtype=object)


def network(beyond: list[bool]) -> Data:
    return Data(
        edge_index=torch.tensor([[0, 1], [1, 2]]),
        num_nodes=4,
        support=torch.tensor([7, 2]),
        by_chance=torch.tensor([0.6, 1.5]),
        chance_probability=torch.tensor([5e-6, 0.4]),
        beyond_chance=torch.tensor(beyond),
        num_pairs=9_999_000,
    )


def test_without_a_discovery_the_rarest_support_is_described() -> None:
    text = describe_chance(network([False, False]), IDS)
    assert "None of the 2 inferred links is better than chance if it is considered that all 9,999,000 pairs" in text
    assert "the link from ann to bob: bob comes after ann in 7 cascades, where 0.6 are expected" in text
    assert "the probability of so many is 5e-06; but so many pairs are compared that, by chance, up to 50 such" in text


def test_discoveries_are_counted() -> None:
    assert describe_chance(network([True, False]), IDS).startswith("1 of 2 inferred links are better than chance")


def test_the_probability_is_that_of_the_evidence() -> None:
    cascades = dataset_of([[0, 1], [0, 1], [2, 3], [3, 2, 0]], 4)
    graph = Data(edge_index=torch.tensor([[0], [1]]), edge_weight=torch.tensor([2.0]), num_nodes=4)
    found = link_evidence(graph, cascades)
    assert found["num_pairs"] == 12
    mean = float(found["by_chance"])
    poisson = 1 - float(torch.exp(torch.tensor(-mean))) * (1 + mean)  # of two or more
    assert float(found["chance_probability"]) <= poisson + 1e-12
    assert "up to" in describe_chance(found, IDS)


def test_a_graph_without_evidence_is_an_error() -> None:
    with pytest.raises(UsageError, match="has no links with evidence"):
        describe_chance(Data(edge_index=torch.tensor([[0], [1]]), num_nodes=4), IDS)
