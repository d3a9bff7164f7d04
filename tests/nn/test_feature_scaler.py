from __future__ import annotations

import pytest
import torch

from graphcascade.nn import FeatureScaler
from graphcascade.nn import feature_scaler as module


def test_features_are_standardised_with_the_rows_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 2)  # several chunks, one of them without a row
    x = torch.tensor([[1.0, 5.0], [9.0, 9.0], [9.0, 9.0], [9.0, 9.0], [3.0, 5.0]]).half()
    there = torch.tensor([True, False, False, False, True])
    scaler = FeatureScaler(2)
    scaler.prepare(x, there)
    with torch.no_grad():
        scaler.missing.copy_(torch.tensor([0.5, -0.5]))
        found = scaler(x, there)
    # mean 2 and standard deviation 1 of the first column; the second one is constant and keeps its scale
    assert found.tolist() == [[-1, 0], [0.5, -0.5], [0.5, -0.5], [0.5, -0.5], [1, 0]]
    assert found.dtype == torch.float32


def test_large_means_lose_no_digits() -> None:
    x = torch.tensor([[10_000.0], [10_000.5], [10_001.0]]).double()
    scaler = FeatureScaler(1)
    scaler.prepare(x, torch.ones(3, dtype=torch.bool))
    assert float(scaler.inverse_std) == pytest.approx(1 / (1 / 6) ** 0.5, rel=1e-6)


def test_without_rows_the_scale_stays() -> None:
    scaler = FeatureScaler(1)
    scaler.prepare(torch.ones(3, 1), torch.zeros(3, dtype=torch.bool))
    assert float(scaler.mean) == 0
    assert float(scaler.inverse_std) == 1
