"""Models of diffusion on a weighted graph, as the functions on influence use them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.simulate.delays import DELAYS, DelayFamily, Delays
from graphcascade.simulate.diffusion_kind import DiffusionKind, choose_diffusion
from graphcascade.simulate.linear_threshold import with_shares
from graphcascade.simulate.out_edges import OutEdges

__all__ = ["Diffusion"]


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
        kind, family = choose_diffusion(graph, model, delays, "discrete")
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
        if kind == "linear_threshold":
            graph = with_shares(graph, normalize=True)
        checked: DelayFamily = DELAYS[family or "exponential"]
        out_edges = OutEdges.from_graph(graph, checked)
        assert graph.edge_index is not None
        reverse = Data(edge_index=graph.edge_index.flip(0), edge_weight=graph.edge_weight, num_nodes=graph.num_nodes)
        in_edges = OutEdges.from_graph(reverse, checked)
        if in_edges.num_edges == 0:
            raise UsageError(
                argument="graph",
                reason="has no link of positive weight between two users, so that no user influences another one",
            )
        scale = float(graph.get("min_delay", 1.0)) if family == "power_law" else 1.0
        return cls(kind, out_edges, in_edges, family, horizon, scale)
