from __future__ import annotations

import torch

from graphcascade.nn.principal_components import PrincipalComponents


def test_components_are_those_of_the_singular_value_decomposition() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(50, 6, generator=generator) * torch.tensor([1.0, 5, 2, 3, 0.5, 1]) + 3
    there = torch.rand(50, generator=generator) < 0.8
    layer = PrincipalComponents(6, 2)
    layer.prepare(x.half(), there)
    kept = x.half()[there].double()
    _, _, axes = torch.linalg.svd(kept - kept.mean(0), full_matrices=False)
    expected = (x.half().double() - kept.mean(0)) @ axes[:2].T
    found = layer(x.half()).double()
    torch.testing.assert_close(found.abs(), expected.abs(), atol=1e-3, rtol=1e-3)
    assert str(layer) == "PrincipalComponents(6, 2)"


def test_short_features_stay_as_they_are() -> None:
    x = torch.randn(5, 3)
    layer = PrincipalComponents(3, 8)
    layer.prepare(x, torch.ones(5, dtype=torch.bool))
    assert layer(x).equal(x)
