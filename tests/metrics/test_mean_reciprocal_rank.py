from __future__ import annotations

import math

import pytest
import torch

from graphcascade.metrics import MeanReciprocalRank


def test_updates_are_added_and_reset_clears_them() -> None:
    metric = MeanReciprocalRank()
    metric.update(torch.tensor([1.0, 2.0], dtype=torch.float64))
    metric.update(torch.tensor([math.inf, 4.0], dtype=torch.float64))
    assert float(metric.compute()) == (1 + 0.5 + 0 + 0.25) / 4
    metric.reset()
    metric.update(torch.tensor([2.5], dtype=torch.float64))
    assert float(metric.compute()) == 0.4


def test_states_of_several_processes_are_summed() -> None:
    parts = [MeanReciprocalRank(), MeanReciprocalRank()]
    parts[0].update(torch.tensor([1.0, 1.0, 1.0]))
    parts[1].update(torch.tensor([2.0]))
    both = MeanReciprocalRank()
    for name, reduce in both._reductions.items():
        setattr(both, name, reduce(torch.stack([getattr(part, name) for part in parts])))  # type: ignore[operator]
    both._update_count = 2
    assert float(both.compute()) == pytest.approx(3.5 / 4)
