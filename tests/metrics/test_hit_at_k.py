from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.metrics import HitAtK


def test_updates_are_added_and_reset_clears_them() -> None:
    metric = HitAtK(2)
    metric.update(torch.tensor([1.0, 2.5, math.inf]))
    metric.update(torch.tensor([2.0]))
    metric.update(torch.tensor([]))
    assert float(metric.compute()) == 2 / 4
    metric.reset()
    metric.update(torch.tensor([7.0, 1.0]))
    assert float(metric.compute()) == 1 / 2


def test_forward_returns_the_value_of_one_batch() -> None:
    metric = HitAtK(1)
    assert float(metric(torch.tensor([1.0, 1.0]))) == 1
    assert float(metric(torch.tensor([3.0, 9.0]))) == 0
    assert float(metric.compute()) == 0.5


def test_states_of_several_processes_are_summed() -> None:
    parts = [HitAtK(3), HitAtK(3)]
    parts[0].update(torch.tensor([1.0, 5.0, 6.0]))
    parts[1].update(torch.tensor([2.0]))
    both = HitAtK(3)
    for name, reduce in both._reductions.items():
        setattr(both, name, reduce(torch.stack([getattr(part, name) for part in parts])))  # type: ignore[operator]
    both._update_count = 2
    assert float(both.compute()) == 2 / 4


def test_bad_k_raises_an_error() -> None:
    with pytest.raises(UsageError, match=r"HitAtK\(k=0\): must be at least 1"):
        HitAtK(0)
