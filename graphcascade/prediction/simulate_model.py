from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, TypedDict

from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.models.model import Model
from graphcascade.models.next_user import NextUserModel
from graphcascade.prediction.diffusion_rollouts import simulate_diffusion
from graphcascade.prediction.rollouts import Rollouts, simulate_rollouts

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["SimulationSettings", "simulate_model"]


class SimulationSettings(TypedDict):
    """Settings of :func:`simulate_model`; :func:`~graphcascade.prediction.simulate_rollouts` explains them."""

    simulations: int
    temperature: float
    terminate: bool
    early_steps: int
    seed: int
    progress: bool


@singledispatch
def simulate_model(
    model: Model, source: Tensor, time: Tensor, steps: Tensor, **settings: Unpack[SimulationSettings]
) -> Rollouts:
    """Simulates cascades from their sources by the process of a model.

    A new kind of model registers its own function: ``@simulate_model.register(MyModel)``. Its
    :attr:`~graphcascade.models.Model.predicts_cascades` is true.

    Args:
        model: A trained model.
        source: Source of each cascade, ``[C]`` int64, as the model numbers users.
        time: Time of each source, ``[C]`` float64.
        steps: Largest number of users to infect, ``[C]`` int64.
        settings: The number of simulations, and how and from which seed they are drawn.

    Raises:
        UsageError: Models of this class are not simulated, or ``temperature`` or ``terminate`` does not apply to them.
    """
    raise UsageError(f"{type(model).__name__} does not predict whole cascades, so it cannot be simulated.")


@simulate_model.register(NextUserModel)
def _(
    model: NextUserModel, source: Tensor, time: Tensor, steps: Tensor, **settings: Unpack[SimulationSettings]
) -> Rollouts:
    return simulate_rollouts(model, source, time, steps, **settings)


@simulate_model.register(DiffusionModel)
def _(
    model: DiffusionModel, source: Tensor, time: Tensor, steps: Tensor, **settings: Unpack[SimulationSettings]
) -> Rollouts:
    if settings["temperature"] != 1 or not settings["terminate"]:
        raise UsageError(
            f"{type(model).__name__} simulates its own process, which has no temperature and ends by itself; leave "
            "temperature at 1 and terminate at True."
        )
    return simulate_diffusion(
        model,
        source,
        steps,
        settings["simulations"],
        settings["early_steps"],
        settings["seed"],
        progress=settings["progress"],
    )
