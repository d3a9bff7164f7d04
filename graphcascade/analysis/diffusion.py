"""Models of diffusion on a weighted graph, as the functions on influence use them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch_geometric.data import Data

from graphcascade.analysis.seed_set import DiffusionKind
from graphcascade.data.segments import segment_ids
from graphcascade.errors import DataError, UsageError
from graphcascade.simulate.delays import DELAYS, DelayFamily, Delays
from graphcascade.simulate.out_edges import OutEdges

__all__ = ["Diffusion"]

KINDS: tuple[DiffusionKind, ...] = ("independent_cascade", "linear_threshold", "continuous_time")


@dataclass(frozen=True, eq=False)
class Diffusion:
    """A checked graph with the meaning of its weights.

    Args:
        kind: The diffusion model.
        out_edges: Edges by the users where they start.
        in_edges: Edges by the users where they end; ``target`` is the user where an edge starts.
        delays: Distribution of the delays, or ``None`` in the linear threshold model.
        horizon: Time or number of steps at which cascades end.
        scale: Shortest delay of the power law, in whose unit :attr:`family` measures delays; 1 for other delays.
    """

    kind: DiffusionKind
    out_edges: OutEdges
    in_edges: OutEdges
    delays: Delays | None
    horizon: float
    scale: float

    @property
    def num_users(self) -> int:
        return self.out_edges.num_users

    @property
    def family(self) -> DelayFamily:
        """Distribution of the delays; a step of the linear threshold model has the delay 1."""
        return DELAYS[self.delays or "discrete"]

    @classmethod
    def from_graph(
        cls, graph: Data, model: DiffusionKind | None, delays: Delays | None, horizon: float | None
    ) -> Diffusion:
        """Checks a graph and chooses the model that its weights are for.

        Args:
            graph: See :func:`~graphcascade.analysis.influence_maximization`, as for the other arguments.
            model: The diffusion model.
            delays: Distribution of the delays.
            horizon: End of the cascades.

        Raises:
            UsageError: The graph has no users, edges or weights; the model does not fit the weights; there is no
                horizon.
            DataError: An edge has an unknown user; a weight is not valid for the model.
        """
        kind, family = _choose(graph, model, delays)
        if horizon is None and kind != "linear_threshold" and graph.get("delays") == family:
            horizon = graph.get("horizon")
        horizon = math.inf if horizon is None else float(horizon)
        if not horizon > 0:
            raise UsageError(argument="horizon", value=horizon, reason="must be above 0")
        if kind == "continuous_time" and horizon == math.inf:
            raise UsageError(
                argument="horizon",
                reason="the graph has none; give the time at which cascades end, in the unit of the weights, because "
                "with unlimited time every user is infected whom any path of links reaches",
            )
        weight = graph.get("edge_weight")
        if kind == "linear_threshold" and weight is not None:
            wrong = ~(weight.isfinite() & (weight >= 0))
            if bool(wrong.any()):
                edge = int(wrong.nonzero()[0])
                reason = f"edge {edge} has the weight {float(weight.view(-1)[edge]):g}; it must be finite and >= 0"
                raise DataError(argument="graph", reason=reason)
        checked: DelayFamily = DELAYS[family or "exponential"]
        out_edges = OutEdges.from_graph(graph, checked)
        assert graph.edge_index is not None
        reverse = Data(edge_index=graph.edge_index.flip(0), edge_weight=weight, num_nodes=graph.num_nodes)
        in_edges = OutEdges.from_graph(reverse, checked)
        if in_edges.num_edges == 0:
            raise UsageError(
                argument="graph",
                reason="has no link of positive weight between two users, so that no user influences another one",
            )
        if kind == "linear_threshold":
            user = segment_ids(in_edges.ptr)
            total = torch.bincount(user, in_edges.weight, minlength=in_edges.num_users).clamp(min=1)
            in_edges = in_edges._replace(weight=in_edges.weight / total[user])
            out_edges = out_edges._replace(weight=out_edges.weight / total[out_edges.target])
        scale = float(graph.get("min_delay", 1.0)) if family == "power_law" else 1.0
        return cls(kind, out_edges, in_edges, family, horizon, scale)


def _choose(graph: Data, model: DiffusionKind | None, delays: Delays | None) -> tuple[DiffusionKind, Delays | None]:
    """Chooses the diffusion model and the delays, by default those that the graph states."""
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
        family = delays or own
        model = "independent_cascade" if family in (None, "discrete") else "continuous_time"
    if model not in KINDS:
        raise UsageError(argument="model", value=model, reason=f"use one of {', '.join(map(repr, KINDS))}")
    if model == "linear_threshold":
        if delays is not None:
            raise UsageError(argument="delays", value=delays, reason=f"has no effect on the model {model!r}")
        return model, None
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
