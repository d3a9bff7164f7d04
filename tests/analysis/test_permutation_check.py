"""The permutation check: warns on data without structure, and does not on simulated cascades."""

from __future__ import annotations

import logging

import pytest
import torch

from graphcascade.analysis import PermutationCheck, permutation_check
from graphcascade.analysis.permutation_check import _min_gain
from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models import Netrate
from graphcascade.simulate import cyan_cascades
from tests.models.small_data import dataset_of


def placebo(seed: int) -> CascadeDataset:
    """Cascades of users with very different activity, in which nobody infects anybody."""
    generator = torch.Generator().manual_seed(seed)
    often = torch.arange(1, 31, dtype=torch.float64)
    sizes = [2 + k % 6 for k in range(200)]
    users = [torch.multinomial(often, size, generator=generator).tolist() for size in sizes]
    times = [torch.rand(size, generator=generator, dtype=torch.float64).cumsum(0).tolist() for size in sizes]
    return dataset_of(users, 30, times)


@pytest.mark.parametrize("seed", [0, 1])
def test_data_without_structure_give_a_warning(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    check = permutation_check(Netrate(), placebo(seed), seed=5)
    assert not check.better_than_chance
    assert check.links > 100  # links appear all the same
    assert min(check.shuffled_links) > 100
    assert "The network is not better than chance" in caplog.text
    assert f"{check.links:,} links are inferred" in str(check)


def test_simulated_data_give_none(caplog: pytest.LogCaptureFixture) -> None:
    data = cyan_cascades("core-periphery", num_cascades=300)
    model = Netrate()
    model.fit(data)
    check = permutation_check(model, data)
    assert check.better_than_chance
    assert check.better_than_event_before
    assert check.p_value == 1 / 21
    assert check.warning is None
    assert all(record.levelno < logging.WARNING for record in caplog.records)
    gain = model.link_statistics(data).gain
    assert check.min_gain is not None
    assert check.reliable_links == int((gain >= check.min_gain).sum())
    # At most a few reliable links are wrong.
    assert data.true_graph is not None
    pairs = set(map(tuple, data.true_graph.edge_index.t().tolist()))
    chosen = model.graph.edge_index[:, gain >= check.min_gain].t().tolist()
    assert sum(tuple(pair) in pairs for pair in chosen) > 0.75 * len(chosen)
    assert permutation_check(Netrate(), data, permutations=3, seed=4) == permutation_check(model, data, 3, seed=4)


def test_the_smallest_gain_of_reliable_links() -> None:
    gain = torch.tensor([9.0, 8.0, 7.0, 3.0, -1.0])
    shuffled = torch.tensor([3.5, 1.0, 2.0])
    # Two shuffles: (0 + 1) / 2 <= 0.25 n holds from n = 2 on; at 3.0, (1 + 1) / 2 <= 0.25 * 4 holds as well.
    assert _min_gain(gain, shuffled, 2, 0.25) == 3.0
    assert _min_gain(gain, shuffled, 2, 0.2) == 7.0  # 1 > 0.2 * 4
    assert _min_gain(gain, shuffled, 2, 0.1) is None


def check_with(**changes: object) -> PermutationCheck:
    values: dict[str, object] = {
        "links": 30,
        "shuffled_links": (40,) * 19,
        "gain": 9.0,
        "shuffled_gains": (1.0,) * 19,
        "min_gain": 2.5,
        "reliable_links": 12,
        "false_discoveries": 0.05,
        "seed": 0,
        "mrr": 0.5,
        "mrr_before": 0.4,
        "mrr_error": 0.02,
    }
    return PermutationCheck(**(values | changes))  # type: ignore[arg-type]


def test_the_verdict_depends_on_chance_and_on_the_event_before() -> None:
    assert check_with().warning is None
    assert "From a gain of 2.5 on, the network has 12 links, of which at most 5 % are" in str(check_with())
    assert check_with(mrr=0.385).warning is None
    assert "not better than links from the event before" in str(check_with(mrr=0.3).warning)
    assert check_with(mrr=None, mrr_before=None, mrr_error=None).better_than_event_before is None
    assert "with an MRR of 0.500; links from the event before have 0.400." in str(check_with())
    assert "not better than chance" in str(check_with(shuffled_gains=(1.0,) * 18 + (9.0,)).warning)
    none = check_with(reliable_links=0, min_gain=None)
    assert "not better than chance" in str(none.warning)
    assert "No gain separates them" in str(none)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"permutations": 0}, "permutations=0: must be 1 or more"), ({"false_discoveries": 1.0}, "false_discoveries=1")],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        permutation_check(Netrate(), dataset_of([[0, 1]], 2), **arguments)  # type: ignore[arg-type]
