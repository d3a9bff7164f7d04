from __future__ import annotations

from functools import singledispatch

from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.models.model import Model
from graphcascade.models.next_user import NextUserModel
from graphcascade.prediction.diffusion_rollouts import simulate_diffusion
from graphcascade.prediction.rollouts import Rollouts, simulate_rollouts

__all__ = ["simulate_model"]


@singledispatch
def simulate_model(
    model: Model,
    source: Tensor,
    time: Tensor,
    steps: Tensor,
    simulations: int,
    temperature: float,
    terminate: bool,
    early_steps: int,
    seed: int,
    progress: bool,
) -> Rollouts:
    """Simulates cascades from their sources by the process of a model.

    A new kind of model registers its own function: ``@simulate_model.register``. The arguments are those of
    :func:`~graphcascade.prediction.simulate_rollouts`.

    Raises:
        UsageError: Models of this class are not simulated, or ``temperature`` or ``terminate`` does not apply to them.
    """
    raise UsageError(f"{type(model).__name__} does not predict whole cascades, so it cannot be simulated.")


@simulate_model.register
def _(
    model: NextUserModel,
    source: Tensor,
    time: Tensor,
    steps: Tensor,
    simulations: int,
    temperature: float,
    terminate: bool,
    early_steps: int,
    seed: int,
    progress: bool,
) -> Rollouts:
    return simulate_rollouts(
        model, source, time, steps, simulations, temperature, terminate, early_steps, seed, progress=progress
    )


@simulate_model.register
def _(
    model: DiffusionModel,
    source: Tensor,
    time: Tensor,
    steps: Tensor,
    simulations: int,
    temperature: float,
    terminate: bool,
    early_steps: int,
    seed: int,
    progress: bool,
) -> Rollouts:
    if temperature != 1 or not terminate:
        raise UsageError(
            f"{type(model).__name__} simulates its own process, which has no temperature and ends by itself; leave "
            "temperature at 1 and terminate at True."
        )
    return simulate_diffusion(model, source, steps, simulations, early_steps, seed, progress=progress)
