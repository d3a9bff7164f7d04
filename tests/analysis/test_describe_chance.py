from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from graphcascade.analysis import PermutationCheck, compare_chance_tests, describe_chance, link_evidence
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


def check(reliable: int, p_value: float) -> PermutationCheck:
    """A comparison with 19 shuffled sets of cascades."""
    return PermutationCheck(
        links=2,
        shuffled_links=(2,) * 19,
        gain=9.0,
        shuffled_gains=(9.0,) * round(20 * p_value - 1) + (1.0,) * round(20 * (1 - p_value)),
        min_gain=5.0 if reliable else None,
        reliable_links=reliable,
        false_discoveries=0.05,
        seed=0,
    )


def test_the_tests_against_chance_are_compared() -> None:
    some, none = network([True, False]), network([False, False])
    some.gain = none.gain = torch.tensor([6.0, 4.0])
    assert check(1, 0.05).better_than_chance
    assert not check(1, 0.1).better_than_chance
    both = compare_chance_tests(some, check(1, 0.05))
    assert both.startswith("The gain of a link says how much better it explains who was infected when, and its support")
    assert "more than chance, and 1 of 2 links pass both: rely on these." in both
    some.gain = torch.tensor([4.0, 6.0])
    assert "Both tests find more than chance, but in different links." in compare_chance_tests(some, check(1, 0.05))
    assert "disagree: 1 link has a higher gain than" in compare_chance_tests(none, check(1, 0.05))
    assert "disagree: the support of 1 link is better than chance" in compare_chance_tests(some, check(1, 0.1))
    assert "Neither test finds more than chance" in compare_chance_tests(none, check(0, 1.0))


def test_a_network_that_fits_better_without_reliable_links_is_not_said_to_fit_as_shuffled_cascades() -> None:
    assert "do not fit as well, but have links as strong as these (p = 0.05)" in str(check(0, 0.05).warning)
    assert "shuffled cascades fit as well (p = 0.1)" in str(check(0, 0.1).warning)
