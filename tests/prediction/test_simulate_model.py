from __future__ import annotations

from typing import Any

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import LSTM, Markov, Netrate, PoissonProcess
from graphcascade.models.model import Model
from graphcascade.prediction import Rollouts, simulate_diffusion, simulate_model, simulate_rollouts
from tests.models.small_data import random_dataset

USERS = 6
DATA = random_dataset([4, 5, 3, 4], USERS)
SOURCE, TIME, STEPS = torch.tensor([0, 3]), torch.tensor([1.0, 2.0], dtype=torch.float64), torch.tensor([2, 4])


def simulate(model: Model, **changes: Any) -> Rollouts:
    settings = {"simulations": 20, "temperature": 1.0, "terminate": True, "early_steps": 2, "seed": 3}
    return simulate_model(model, SOURCE, TIME, STEPS, **settings | changes, progress=False)


def assert_equal(found: Rollouts, expected: Rollouts) -> None:
    for name in ("cascade", "user", "share", "early"):
        assert torch.equal(getattr(found, name), getattr(expected, name))


def test_each_kind_of_model_has_its_own_simulation() -> None:
    model = LSTM(USERS, 3, 4)
    expected = simulate_rollouts(model, SOURCE, TIME, STEPS, 20, 0.5, early_steps=2, seed=3)
    assert_equal(simulate(model, temperature=0.5), expected)
    netrate = Netrate().fit(DATA)
    assert_equal(simulate(netrate), simulate_diffusion(netrate, SOURCE, STEPS, 20, 2, seed=3))


def test_settings_that_do_not_apply_raise_an_error() -> None:
    netrate = Netrate().fit(DATA)
    for changes in ({"temperature": 0.5}, {"terminate": False}):
        with pytest.raises(UsageError, match="Netrate simulates its own process, which has no temperature"):
            simulate(netrate, **changes)


@pytest.mark.parametrize("model", [Markov(USERS), PoissonProcess()])
def test_other_models_are_not_simulated(model: Model) -> None:
    with pytest.raises(UsageError, match=f"{type(model).__name__} does not predict whole cascades"):
        simulate(model)


def test_a_new_kind_of_model_registers_its_simulation() -> None:
    class Silent(Model):
        """Infects nobody."""

    none = torch.empty(0, dtype=torch.long)

    @simulate_model.register(Silent)
    def _(model: Silent, source: torch.Tensor, *_: Any, **__: Any) -> Rollouts:
        return Rollouts(none, none, none.double(), none.double(), source.numel(), 1, 1, 0)

    assert simulate(Silent()).num_cascades == 2
