from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import segment_steps
from graphcascade.errors import UsageError
from graphcascade.models.point_process.point_process import PointProcess
from graphcascade.nn.next_interval import MAX_CUMULATIVE_INTENSITY, quadrature_rule

__all__ = ["HawkesProcess"]

NUM_BISECTIONS = 60
MAX_NEWTON_STEPS = 100
EXCITATION_LENGTH = 25  # time after which an excitation is negligible, in units of sigma


class HawkesProcess(PointProcess):
    r"""Hawkes process, in which each event increases the rate of later events for a while: a baseline of next times.

    `"Spectra of some self-exciting and mutually exciting point processes" <https://doi.org/10.1093/biomet/58.1.83>`_
    (Hawkes, 1971), as in `"Cascade Dynamics Modeling with Attention-based Recurrent Neural Network"
    <https://doi.org/10.24963/ijcai.2017/416>`_ (CYAN-RNN), Eq. 9:

    .. math::
        \lambda(t) = \lambda_0 + \alpha \sum_{t_i < t} \exp\Big(-\frac{t - t_i}{\sigma}\Big)

    :math:`\lambda_0 \ge 0` and :math:`\alpha \ge 0` are estimated by maximum likelihood. At the maximum the integral of
    the intensity equals the number of events, which leaves one free parameter, the zero of a decreasing function. It is
    found by bisection. Both :math:`\lambda_0 = 0` and :math:`\alpha = 0` are possible.

    Args:
        sigma: Decay time of the excitation, in the dataset's unit; CYAN-RNN uses 1 for data of any unit.
        horizon: Longest interval that is predicted, in the dataset's unit; may be infinite. ``None`` for the longest
            one of the training cascades.

    Raises:
        UsageError: ``sigma`` is not positive and finite, or ``horizon`` is not positive.

    Deviations from the paper: it does not say when the observation of a cascade starts and ends; here it is from the
    first event to the last. Events at the same time excite those that come later in the order of the cascade.
    """

    rate: Tensor
    """The base rate lambda_0, in events per unit of time."""
    alpha: Tensor
    """Increase of the intensity at each event."""

    def __init__(self, sigma: float = 1.0, horizon: float | None = None) -> None:
        super().__init__(horizon)
        if not 0 < sigma < math.inf:
            raise UsageError(
                owner="HawkesProcess", argument="sigma", value=sigma, reason="must be a finite number above 0"
            )
        self.sigma = sigma
        self.register_buffer("rate", torch.tensor(math.nan, dtype=torch.float64))
        self.register_buffer("alpha", torch.tensor(math.nan, dtype=torch.float64))

    def _estimate(self, table: CascadeTable, interval: Tensor) -> None:
        excitation, total = self._excitation(table.time, table.ptr)
        length, area = interval.sum(), total.sum()
        # The intensities at the events are n (share / length + (1 - share) * excitation / area).
        base, part = 1 / length, excitation / area

        def slope(share: float) -> float:
            return float(((base - part) / (share * base + (1 - share) * part)).sum())

        low, high = 0.0, 1.0
        if slope(0.0) <= 0:
            high = 0.0
        elif slope(1.0) >= 0:
            low = 1.0
        for _ in range(NUM_BISECTIONS if low < high else 0):
            middle = (low + high) / 2
            low, high = (middle, high) if slope(middle) > 0 else (low, middle)
        share = (low + high) / 2
        self.rate.copy_(interval.numel() * share / length)
        self.alpha.copy_(interval.numel() * (1 - share) / area)

    def log_prob(self, time: Tensor, ptr: Tensor) -> Tensor:
        self.require_trained()
        excitation, total = self._excitation(time, ptr)
        intensity = self.rate + self.alpha * excitation
        return intensity.log() - self.rate * segment_steps(time, ptr) - self.alpha * total

    def _excitation(self, time: Tensor, ptr: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the sum of Eq. 9 at the end of each interval, and the integral of this sum over the interval."""
        follows = torch.ones_like(time, dtype=torch.bool)
        follows[ptr[1:] - 1] = False
        previous = decayed_counts(time, ptr, self.sigma)[follows]
        elapsed = segment_steps(time, ptr) / self.sigma
        return previous * torch.exp(-elapsed), -self.sigma * previous * torch.expm1(-elapsed)

    def _state(self, time: Tensor, ptr: Tensor) -> Tensor:
        self.require_trained()
        return self.alpha * decayed_counts(time, ptr, self.sigma)

    def _mean(self, state: Tensor) -> Tensor:
        # Integrates over the interval in two parts, during and after the excitation; computing the inverse would be
        # slower.
        excited = state[:, None]
        point, weight = quadrature_rule()
        end = self._inverse(state)[0](torch.full_like(excited, MAX_CUMULATIVE_INTENSITY))
        excitation_end = end.clamp(max=EXCITATION_LENGTH * self.sigma)
        s = torch.cat([excitation_end * point, excitation_end + (end - excitation_end) * point], 1)
        remaining = torch.exp(-s / self.sigma)
        density = torch.exp(-self.rate * s - excited * self.sigma * (1 - remaining)) * (self.rate + excited * remaining)
        density *= torch.cat([excitation_end * weight, (end - excitation_end) * weight], 1)
        return (density * s).sum(1) / density.sum(1)

    def _inverse(self, state: Tensor) -> tuple[Callable[[Tensor], Tensor], Tensor]:
        excited = state[:, None]
        sigma, rate, horizon = self.sigma, self.rate, self.horizon

        def cumulative(s: Tensor, excited: Tensor) -> Tensor:
            return torch.where(rate > 0, rate * s, 0.0) - excited * sigma * torch.expm1(-s / sigma)

        def inverse(y: Tensor) -> Tensor:
            if float(rate) == 0:
                return torch.minimum(-sigma * torch.log1p((-y / (excited * sigma)).clamp(min=-1 + 1e-16)), horizon)
            # The cumulative intensity is concave, so Newton's steps from the left do not overshoot.
            s = torch.maximum(y / (rate + excited), (y - excited * sigma) / rate)
            for _ in range(MAX_NEWTON_STEPS):
                step = (y - cumulative(s, excited)) / (rate + excited * torch.exp(-s / sigma))
                s = s + step.clamp(min=0)
                if not bool((step > 1e-12 * s).any()):
                    break
            return torch.minimum(s, horizon)

        return inverse, cumulative(horizon, state)

    def extra_repr(self) -> str:
        return (
            f"rate={float(self.rate):g}, alpha={float(self.alpha):g}, sigma={self.sigma:g}, "
            f"horizon={float(self.horizon):g}"
        )


def decayed_counts(time: Tensor, ptr: Tensor, sigma: float) -> Tensor:
    """Returns for each event ``k`` the sum of ``exp(-(t_k - t_i) / sigma)`` over the events ``i <= k``, ``[E]``.

    The sums are computed by doubling: sums over ``d`` events are made of sums over ``d / 2`` events.
    """
    decay = torch.exp(-time.diff(prepend=time[:1]) / sigma)
    decay[ptr[:-1]] = 0
    total = torch.ones_like(time)
    reach, longest = 1, int(ptr.diff().max()) if ptr.numel() > 1 else 0
    while reach < longest:
        total = torch.cat([total[:reach], total[reach:] + decay[reach:] * total[:-reach]])
        decay = torch.cat([torch.zeros_like(decay[:reach]), decay[reach:] * decay[:-reach]])
        reach *= 2
    return total
