from __future__ import annotations

import logging
import math
from typing import Literal

import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_ids
from graphcascade.data.table import CascadeTable
from graphcascade.errors import DataError, UsageError
from graphcascade.models.diffusion.diffusion_model import DiffusionModel
from graphcascade.models.diffusion.transmissions import Transmissions, observed
from graphcascade.models.registry import MODELS
from graphcascade.simulate.delays import DELAYS

__all__ = ["Netrate"]

logger = logging.getLogger(__name__)

NEVER = 1e-6  # expected transmissions in all cascades, below which an edge has the rate 0


@MODELS.register("Netrate")
class Netrate(DiffusionModel):
    r"""One rate of transmission for each pair of users, by maximum likelihood.

    `Uncovering the Temporal Dynamics of Diffusion Networks <https://arxiv.org/abs/1105.0697>`_ (Gomez-Rodriguez et al.,
    2011). With hazard :math:`h` and exposure :math:`X` as in
    :class:`~graphcascade.models.diffusion.Transmissions`, each step sets

    .. math::
        \alpha_e \leftarrow \frac{1}{X_e} \sum_{p \in e} \frac{\alpha_e h_p}{\sum_{q \in k(p)} \alpha_{e(q)} h_q}

    which is expectation maximisation (who infected whom is what is hidden), so that the likelihood never falls.

    Deviations from the paper: this step instead of a generic convex solver, for the same problem; only pairs of users
    who co-occur have a rate, as the others' is 0; of users who are infected at the same time neither infects the other;
    an infection that nobody can have caused is a further root.

    Args:
        delays: Distribution of the delays, as in :func:`~graphcascade.simulate.simulate_cascades`. Rates are per unit
            of the data's times (Rayleigh: its square).
        horizon: End of the observation after each source, in the unit of the data's times; later infections are
            ignored. If left out, that of a simulated data set, or else the longest time from a source to the last
            infection.
        min_delay: With power-law delays, the shortest one :math:`\delta`, in the unit of the data's times; what is
            simulated from the graph then has the unit :math:`\delta`. If left out, half the shortest positive time
            between two infections that follow each other.
        max_iterations: Most steps.
        tolerance: Steps end when the log-likelihood rises by less than this, per infection.
        prune: Leave out edges without which the log-likelihood falls by less than the log of the number of cascades,
            and fit the others again.
        progress: Show a progress bar, on terminals.

    Raises:
        UsageError: Other delays; a number that is out of range.
    """

    def __init__(
        self,
        delays: Literal["exponential", "rayleigh", "power_law"] = "exponential",
        horizon: float | None = None,
        min_delay: float | None = None,
        max_iterations: int = 1000,
        tolerance: float = 1e-6,
        prune: bool = False,
        progress: bool = False,
    ) -> None:
        super().__init__(
            delays=delays,
            horizon=horizon,
            min_delay=min_delay,
            max_iterations=max_iterations,
            tolerance=tolerance,
            prune=prune,
        )
        if delays not in ("exponential", "rayleigh", "power_law"):
            raise UsageError(f"Netrate: delays={delays!r}; known are 'exponential', 'rayleigh' and 'power_law'.")
        if min_delay is not None and delays != "power_law":
            raise UsageError(f"Netrate: min_delay has no meaning with {delays} delays; leave it out.")
        if min_delay is not None and not 0 < min_delay < math.inf:
            raise UsageError(f"Netrate: min_delay={min_delay}, must be above 0.")
        if max_iterations < 1:
            raise UsageError(f"Netrate: max_iterations={max_iterations}, must be at least 1.")
        if not tolerance >= 0:
            raise UsageError(f"Netrate: tolerance={tolerance}, must be 0 or more.")
        self.delays = delays
        self.horizon = horizon
        self.min_delay = min_delay
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.prune = prune
        self.progress = progress
        self.log_likelihood: list[float] = []
        """Log-likelihood of the training cascades before each step, and at the end."""

    def _infer(self, dataset: CascadeDataset) -> tuple[Tensor, Tensor]:
        table, end = observed(dataset, self.horizon, "Netrate")
        unit = 1.0
        if self.delays == "power_law":
            unit = _shortest(table) / 2 if self.min_delay is None else self.min_delay
        found = Transmissions.of(table, end, DELAYS[self.delays], unit)
        if found.num_infections == 0:
            raise DataError(f"{dataset.name}: no infection is late or early enough for horizon and min_delay.")
        rate = self._maximise(found)
        if self.prune:
            share = found.explain(rate)[1]
            loss = -found.per_edge(torch.log1p(-share.clamp(max=1.0))) - rate * found.exposure
            found = found.only(loss >= math.log(table.num_cascades))
            rate = self._maximise(found)
        if found.roots:
            logger.info("%s: %s infections that nobody can have caused are roots.", dataset.name, f"{found.roots:,}")
        kept = rate * found.exposure >= NEVER
        return found.edge_index[:, kept], rate[kept]

    def _maximise(self, found: Transmissions) -> Tensor:
        self.log_likelihood = []
        rate = found.per_edge(torch.ones_like(found.hazard)) / found.exposure
        bar = Console(stderr=True)
        shown = self.progress and bar.is_terminal
        for _ in track(range(self.max_iterations), "inferring", console=bar, disable=not shown):
            intensity, share = found.explain(rate)
            self.log_likelihood.append(found.log_likelihood(rate, intensity))
            if len(self.log_likelihood) > 1:
                rise = self.log_likelihood[-1] - self.log_likelihood[-2]
                if rise < self.tolerance * found.num_infections:
                    return rate
            rate = found.per_edge(share) / found.exposure
        self.log_likelihood.append(found.log_likelihood(rate, found.explain(rate)[0]))
        return rate


def _shortest(table: CascadeTable) -> float:
    """Shortest positive time between two infections of a cascade that follow each other."""
    cascade = segment_ids(table.ptr)
    between = table.time.diff()[cascade[1:] == cascade[:-1]]
    return float(between[between > 0].min())
