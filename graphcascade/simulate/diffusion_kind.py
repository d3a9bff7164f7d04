"""Models of diffusion, and which of them the weights of a graph are for."""

from __future__ import annotations

from typing import Literal

from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.simulate.delays import DELAYS, Delays

__all__ = ["DiffusionKind", "choose_diffusion"]

DiffusionKind = Literal["independent_cascade", "linear_threshold", "continuous_time"]

KINDS: tuple[DiffusionKind, ...] = ("independent_cascade", "linear_threshold", "continuous_time")


def choose_diffusion(
    graph: Data, model: DiffusionKind | None, delays: Delays | None, default: Delays
) -> tuple[DiffusionKind, Delays | None]:
    """Chooses the diffusion model and the delays, by default those that the graph states.

    Args:
        graph: The graph; its ``delays`` or ``weight_is``, if it has them, say what its weights are.
        model: The diffusion model; that of the delays if ``None``.
        delays: Distribution of the delays; that of the graph if ``None``.
        default: The distribution if neither the arguments nor the graph say which.

    Returns:
        The diffusion model and the delays, which are ``None`` in the linear threshold model.

    Raises:
        UsageError: The model or the delays are unknown, do not fit together, or do not fit the weights.
    """
    own: Delays | None = graph.get("delays")
    if graph.get("weight_is") is not None and model is None:
        raise UsageError(
            argument="graph",
            reason=f"the weight of its edges is a {graph['weight_is']}, neither a probability nor a rate; infer the "
            "network with Netrate, whose weights are rates, or choose the linear threshold model, for which weights "
            "are shares of influence:",
            remedy=("model", "linear_threshold"),
        )
    if delays is not None and delays not in DELAYS:
        raise UsageError(argument="delays", value=delays, reason=f"use one of {', '.join(map(repr, DELAYS))}")
    if model is None:
        model = "independent_cascade" if (delays or own or default) == "discrete" else "continuous_time"
    if model not in KINDS:
        raise UsageError(argument="model", value=model, reason=f"use one of {', '.join(map(repr, KINDS))}")
    if model == "linear_threshold":
        if delays is not None:
            raise UsageError(argument="delays", value=delays, reason=f"has no effect on the model {model!r}")
        if own not in (None, "discrete"):
            reason = f"the weights of the graph are parameters of {own} delays, not shares of influence; leave it out"
            raise UsageError(argument="model", value=model, reason=reason)
        return model, None
    if own is not None and own not in DELAYS:
        reason = f"its weights are parameters of {own!r} delays, which are unknown; use {', '.join(map(repr, DELAYS))}"
        raise UsageError(argument="graph", reason=reason)
    family = delays or own or ("discrete" if model == "independent_cascade" else "exponential")
    if (family == "discrete") != (model == "independent_cascade"):
        name, reason = (
            ("delays", f"does not fit the model {model!r}; leave it out")
            if delays is not None
            else ("model", f"the weights of the graph are parameters of {own} delays; leave it out")
        )
        raise UsageError(argument=name, value=delays if delays is not None else model, reason=reason)
    if own is not None and family != own:
        reason = f"the weights of the graph are parameters of {own} delays; leave it out"
        raise UsageError(argument="delays", value=delays, reason=reason)
    return model, family
