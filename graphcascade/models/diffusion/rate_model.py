from __future__ import annotations

import logging
import math
from typing import Literal

from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import segment_ids
from graphcascade.errors import DataError, UsageError
from graphcascade.models.diffusion.diffusion_model import DiffusionModel
from graphcascade.models.diffusion.transmissions import Transmissions, truncate_at_horizon
from graphcascade.processes import sum_over_processes
from graphcascade.simulate.delays import DELAYS

__all__ = ["RateDelays", "RateModel"]

logger = logging.getLogger(__name__)

RateDelays = Literal["exponential", "rayleigh", "power_law"]
MIN_HAZARD = 1e-300
MIN_TRANSMISSIONS = 1e-6  # an edge with fewer expected transmissions in all cascades has the rate 0


class RateModel(DiffusionModel):
    """Base class of models that infer transmission rates in continuous time.

    Args:
        delays: Distribution of the delays.
        horizon: End of the observation after each source; later infections are ignored.
        min_delay: Shortest power-law delay.

    Raises:
        UsageError: ``delays`` is none of these, or a number is out of range.
    """

    def __init__(self, delays: RateDelays, horizon: float | None, min_delay: float | None) -> None:
        super().__init__()
        name = type(self).__name__
        if horizon is not None and not 0 < horizon < math.inf:
            raise UsageError(owner=name, argument="horizon", value=horizon, reason="must be above 0 and finite")
        if min_delay is not None and delays != "power_law":
            reason = f"has no effect on {delays} delays; leave it out"
            raise UsageError(owner=name, argument="min_delay", value=min_delay, reason=reason)
        if min_delay is not None and not 0 < min_delay < math.inf:
            raise UsageError(owner=name, argument="min_delay", value=min_delay, reason="must be above 0 and finite")
        self.delays = delays
        self.horizon = horizon
        self.min_delay = min_delay

    def _observe(self, dataset: CascadeDataset) -> tuple[CascadeTable, Tensor, float]:
        """Returns the observed cascades, the end of each one's observation ``[N]``, and the unit of delays."""
        table, end = truncate_at_horizon(dataset, self.horizon)
        if self.delays != "power_law":
            return table, end, 1.0
        return table, end, _shortest_delay(table) / 2 if self.min_delay is None else self.min_delay

    def _observation(self, dataset: CascadeDataset) -> Tensor:
        _, end, unit = self._observe(dataset)
        return end.new_tensor([float(end.max()), unit if self.delays == "power_law" else math.nan])

    def _possible_transmissions(self, dataset: CascadeDataset, edge_index: Tensor) -> Transmissions:
        table, end, unit = self._observe(dataset)
        return Transmissions.from_table(table, end, DELAYS[self.delays], unit, edge_index)

    def _expected_by_edge(self, possible: Transmissions, weight: Tensor) -> Tensor:
        return possible.sum_by_edge(possible.attribute(weight)[1])

    def _gain_by_edge(self, possible: Transmissions, weight: Tensor) -> Tensor:
        intensity, share = possible.attribute(weight)
        # The share of the hazard that is left without the edge; rounding may make it slightly negative.
        rest = ((1 - share) * intensity[possible.infection]).clamp(min=0) + possible.background[possible.infection]
        whole = intensity + possible.background
        ratio = whole[possible.infection].log() - rest.clamp(min=MIN_HAZARD).log()
        return possible.sum_by_edge(ratio) - weight * possible.exposure

    def _transmissions(
        self,
        table: CascadeTable,
        end: Tensor,
        unit: float,
        edge_index: Tensor | None = None,
        targets: Tensor | None = None,
    ) -> Transmissions:
        """Returns the possible transmissions; ``targets`` are the users whose links this process infers."""
        possible = Transmissions.from_table(table, end, DELAYS[self.delays], unit, edge_index, targets=targets)
        infections, roots = possible.num_infections, possible.num_roots
        if targets is not None:
            infections, roots = map(int, sum_over_processes([infections, roots]))
        if edge_index is None and infections == 0:
            raise DataError(f"{table.name}: horizon and min_delay leave no infection to learn from.")
        if edge_index is None and roots:
            logger.info(
                "%s: %s infections have no possible cause and are treated as additional roots.",
                table.name,
                f"{roots:,}",
            )
        return possible


def _shortest_delay(table: CascadeTable) -> float:
    """Returns the shortest positive time between two successive infections of a cascade."""
    cascade = segment_ids(table.ptr)
    gap = table.time.diff()[cascade[1:] == cascade[:-1]]
    gap = gap[gap > 0]
    return float(gap.min()) if gap.numel() else 1.0
