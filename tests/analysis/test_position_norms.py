from __future__ import annotations

import math

import pytest
import torch

from graphcascade.analysis import (
    position_norms,
)
from graphcascade.models import NDM

USERS = 7


@pytest.mark.parametrize("init", [True, False])
def test_norms_match_those_of_the_weights(init: bool) -> None:
    torch.manual_seed(0)
    model = NDM(USERS, dim=4, window=2, init=init)
    found = position_norms(model).set_index("matrix")
    assert list(found.index) == (["init"] if init else []) + ["0", "1"]
    for place, name in enumerate(["0", "1"] + (["init"] if init else [])):
        norm = math.sqrt(
            sum(w**2 for w in model.readout.weight.detach()[:, 4 * place : 4 * place + 4].flatten().tolist())
        )
        assert found.loc[name, "norm"] == pytest.approx(norm)
        assert found.loc[name, "squared"] == pytest.approx(norm**2)
