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

    which is expectation maximisation (who infected whom is what is hidden), so that the likelihood never falls. Every
    third step goes on from where the last two point to (SQUAREM: Varadhan and Roland, 2008, `doi
    <https://doi.org/10.1111/j.1467-9469.2007.00585.x>`__; on square roots of expected transmissions), if that is as
    likely: rates that creep towards 0 take an eighth of the steps.

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
        tolerance: Steps end when the log-likelihood rises by less than this in three of them, per infection.
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
        tolerance: float = 1e-8,
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
        self.log_likelihood = likelihoods = []
        rate = found.per_edge(torch.ones_like(found.hazard)) / found.exposure
        bar = Console(stderr=True)
        shown = self.progress and bar.is_terminal
        before = -math.inf
        for _ in track(range(-(-self.max_iterations // 3)), "inferring", console=bar, disable=not shown):
            once, now = _step(found, rate)
            likelihoods.append(now)
            if now - before < self.tolerance * found.num_infections:
                return rate
            before = now
            twice, then = _step(found, once)
            further = _extrapolate(found.exposure, rate, once, twice)
            beyond, there = _step(found, further)
            likelihoods += [then, there] if there >= then else [then]
            rate = beyond if there >= then else twice
        likelihoods.append(_step(found, rate)[1])
        return rate


def _step(found: Transmissions, rate: Tensor) -> tuple[Tensor, float]:
    """The next rates, and the log-likelihood of these."""
    intensity, share = found.explain(rate)
    return found.per_edge(share) / found.exposure, found.log_likelihood(rate, intensity)


def _extrapolate(exposure: Tensor, *rates: Tensor) -> Tensor:
    """Where three rates that follow each other point to."""
    first, second, third = ((rate * exposure).sqrt() for rate in rates)
    slope = second - first
    bend = third - second - slope
    length = max(1.0, float(slope.norm() / bend.norm()))
    further = first + 2 * length * slope + length**2 * bend
    return torch.where(further > 0, further, third).square() / exposure
