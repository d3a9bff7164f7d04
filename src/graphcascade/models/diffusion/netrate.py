from __future__ import annotations

import math

import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models.diffusion.rate_model import NEVER, RateDelays, RateModel
from graphcascade.models.diffusion.transmissions import Transmissions
from graphcascade.models.registry import MODELS

__all__ = ["Netrate"]


@MODELS.register("Netrate")
class Netrate(RateModel):
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
        delays: RateDelays = "exponential",
        horizon: float | None = None,
        min_delay: float | None = None,
        max_iterations: int = 1000,
        tolerance: float = 1e-6,
        prune: bool = False,
        progress: bool = False,
    ) -> None:
        super().__init__(delays, horizon, min_delay, max_iterations=max_iterations, tolerance=tolerance, prune=prune)
        if max_iterations < 1:
            raise UsageError(f"Netrate: max_iterations={max_iterations}, must be at least 1.")
        if not tolerance >= 0:
            raise UsageError(f"Netrate: tolerance={tolerance}, must be 0 or more.")
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.prune = prune
        self.progress = progress
        self.log_likelihood: list[float] = []
        """Log-likelihood of the training cascades before each step, and at the end."""

    def _infer(self, dataset: CascadeDataset) -> tuple[Tensor, Tensor]:
        table, end, unit = self._observe(dataset)
        found = self._transmissions(table, end, unit)
        rate = self._maximise(found)
        if self.prune:
            share = found.explain(rate)[1]
            loss = -found.per_edge(torch.log1p(-share.clamp(max=1.0))) - rate * found.exposure
            found = found.only(loss >= math.log(table.num_cascades))
            rate = self._maximise(found)
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
