from __future__ import annotations

import math

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models.diffusion.rate_model import MIN_TRANSMISSIONS, RateDelays, RateModel
from graphcascade.models.diffusion.target_shares import gather_links, own_targets
from graphcascade.models.diffusion.transmissions import Transmissions
from graphcascade.models.diffusion.weight_intervals import count_interval, effective_transmissions
from graphcascade.models.registry import MODELS
from graphcascade.processes import sum_over_processes
from graphcascade.progress import track

__all__ = ["Netrate"]


@MODELS.register("Netrate")
class Netrate(RateModel):
    r"""Transmission rate of each pair of users, inferred by maximum likelihood.

    `Uncovering the Temporal Dynamics of Diffusion Networks <https://arxiv.org/abs/1105.0697>`_ (Gomez-Rodriguez et al.,
    2011). With hazard :math:`h` and exposure :math:`X` as in
    :class:`~graphcascade.models.diffusion.Transmissions`, each step sets

    .. math::
        \alpha_e \leftarrow \frac{1}{X_e} \sum_{p \in e} \frac{\alpha_e h_p}{\sum_{q \in k(p)} \alpha_{e(q)} h_q}

    which is expectation maximization with who infected whom as the hidden variable, so the likelihood never decreases.
    Each third step starts from an extrapolation of the last two (SQUAREM: Varadhan and Roland, 2008, `doi
    <https://doi.org/10.1111/j.1467-9469.2007.00585.x>`__; on square roots of expected transmissions) unless that
    has a lower likelihood. Rates that slowly approach 0 then need an eighth of the steps.

    The links to a user depend on those to other users only through the length of the extrapolation. Several processes
    therefore infer the links to different users, and exchange a few numbers in each step, see
    :mod:`graphcascade.processes`.

    Deviations from the paper: the same problem is solved by these steps instead of a generic convex solver; pairs of
    users who do not co-occur are left out, since their rate is 0; users infected at the same time do not infect each
    other; an infection without a possible cause is an additional root.

    Args:
        delays: Distribution of the delays, as in :func:`~graphcascade.simulate.simulate_cascades`. Rates are per time
            unit of the dataset (for Rayleigh delays, per squared unit).
        horizon: End of the observation after each source, in the time unit of the dataset; later infections are
            ignored. ``None`` for the horizon of a simulated dataset, or else the longest time from a source to the last
            infection.
        min_delay: Shortest power-law delay :math:`\delta`, in the time unit of the dataset; simulations on the graph
            then have the unit :math:`\delta`. ``None`` for half the shortest positive time between two successive
            infections.
        max_iterations: Largest number of steps.
        tolerance: Training ends when the log-likelihood per infection increases by less than this in three steps.
        prune: Whether to leave out edges whose removal decreases the log-likelihood by less than the log of the number
            of cascades, and to fit the other edges again.
        progress: Whether to show a progress bar on terminals and in notebooks.

    Raises:
        UsageError: ``delays`` is none of these, or a number is out of range.
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
        super().__init__(delays, horizon, min_delay)
        if max_iterations < 1:
            raise UsageError(
                owner="Netrate", argument="max_iterations", value=max_iterations, reason="must be at least 1"
            )
        if not tolerance >= 0:
            raise UsageError(owner="Netrate", argument="tolerance", value=tolerance, reason="must be 0 or more")
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.prune = prune
        self.progress = progress
        self.log_likelihood: list[float] = []
        """Log-likelihood of the training cascades before each step, and at the end."""

    def _infer(self, dataset: CascadeDataset) -> tuple[Tensor, Tensor]:
        table, end, unit = self._observe(dataset)
        possible = self._transmissions(table, end, unit, targets=own_targets(table))
        rate = self._maximize(possible)
        if self.prune:
            probability = possible.attribute(rate)[1]
            loss = -possible.sum_by_edge(torch.log1p(-probability.clamp(max=1.0))) - rate * possible.exposure
            possible = possible.select_edges(loss >= math.log(table.num_cascades))
            rate = self._maximize(possible)
        kept = rate * possible.exposure >= MIN_TRANSMISSIONS
        return gather_links(possible.edge_index[:, kept], rate[kept])

    def _interval_by_edge(self, possible: Transmissions, weight: Tensor) -> tuple[Tensor, Tensor]:
        share = possible.attribute(weight)[1]
        count = effective_transmissions(possible, share)
        lower, upper = (weight * end / count for end in count_interval(count))
        # The edge cannot have transmitted in more cascades than it could.
        most = count_interval(possible.sum_by_edge(torch.ones_like(share)))[1] / possible.exposure
        return lower, torch.maximum(torch.minimum(upper, most), weight)

    def _maximize(self, possible: Transmissions) -> Tensor:
        self.log_likelihood = likelihoods = []
        rate = possible.sum_by_edge(torch.ones_like(possible.hazard)) / possible.exposure
        (num_infections,) = sum_over_processes([possible.num_infections])
        previous = -math.inf
        for _ in track(range(-(-self.max_iterations // 3)), "inferring", self.progress):
            first, likelihood = _step(possible, rate)
            likelihoods.append(likelihood)
            if likelihood - previous < self.tolerance * num_infections:
                return rate
            previous = likelihood
            second, likelihood_first = _step(possible, first)
            extrapolated = _extrapolate(possible.exposure, rate, first, second)
            third, likelihood_extrapolated = _step(possible, extrapolated)
            if likelihood_extrapolated >= likelihood_first:
                likelihoods += [likelihood_first, likelihood_extrapolated]
                rate = third
            else:
                likelihoods.append(likelihood_first)
                rate = second
        likelihoods.append(_step(possible, rate)[1])
        return rate


def _step(possible: Transmissions, rate: Tensor) -> tuple[Tensor, float]:
    """Returns the next rates, and the log-likelihood of the given ones."""
    intensity, probability = possible.attribute(rate)
    (likelihood,) = sum_over_processes([possible.log_likelihood(rate, intensity)])
    return possible.sum_by_edge(probability) / possible.exposure, likelihood


def _extrapolate(exposure: Tensor, *rates: Tensor) -> Tensor:
    """Extrapolates three successive rates."""
    first, second, third = ((rate * exposure).sqrt() for rate in rates)
    slope = second - first
    bend = third - second - slope
    squares = sum_over_processes([float(each.square().sum()) for each in (slope, bend)])
    slope_norm, bend_norm = torch.tensor(squares, dtype=torch.float64).sqrt()
    step = max(1.0, float(slope_norm / bend_norm))
    extrapolated = first + 2 * step * slope + step**2 * bend
    return torch.where(extrapolated > 0, extrapolated, third).square() / exposure
