"""How long cascades pause."""

from __future__ import annotations

import itertools

import pytest
import torch

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.data.cascades import dataset as module
from graphcascade.data.cascades.waits import LONG_WAIT, long_wait


def make(times: list[list[float]]) -> CascadeDataset:
    flat = torch.tensor([time for cascade in times for time in cascade], dtype=torch.double)
    return CascadeDataset(
        CascadeTable(
            user=torch.arange(len(flat)),
            time=flat,
            ptr=torch.tensor([0, *map(len, times)]).cumsum(0),
            item=torch.zeros(len(times), dtype=torch.long),
            user_ids=torch.arange(len(flat)).numpy().astype(str).astype(object),
            item_ids=torch.zeros(1).numpy().astype(str).astype(object),
        )
    )


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_long_wait_is_the_one_that_sorting_all_waits_finds(
    scale: float, shuffled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PORTION", 7)
    generator = torch.Generator().manual_seed(0)
    times = []
    for size in torch.randint(1, 6, (40,), generator=generator).tolist():
        waits = torch.rand(size, generator=generator).double() ** 8 * scale
        waits[torch.rand(size, generator=generator) < 0.2] = 0.0
        times.append(waits.cumsum(0).tolist())
    waits = sorted(later - earlier for cascade in times for earlier, later in itertools.pairwise(cascade))
    dataset = make(times)
    if shuffled:
        dataset = dataset[torch.randperm(40, generator=generator).tolist()]
    assert long_wait(dataset) == waits[int(LONG_WAIT * len(waits))]


def test_cascades_of_one_event_have_no_waits() -> None:
    assert long_wait(make([[1.0], [2.0]])) is None
    assert long_wait(make([[1.0], [2.0, 2.0]])) == 0.0
    assert long_wait(make([[0.0, -0.0]])) == 0.0
