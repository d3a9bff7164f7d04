from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from graphcascade.data.segments import segment_steps
from graphcascade.data.table import CascadeTable
from graphcascade.errors import UsageError
from graphcascade.models.point_process.point_process import PointProcess
from graphcascade.nn.next_interval import MAX_CUMULATIVE_INTENSITY, quadrature_rule

__all__ = ["HawkesProcess"]

HALVINGS = 60
NEWTON_STEPS = 100
CALM = 25  # in units of sigma, after which nothing is left of an excitation


class HawkesProcess(PointProcess):
    r"""Events that make further events likelier for a while: a baseline of next-time prediction.

    `"Spectra of some self-exciting and mutually exciting point processes" <https://doi.org/10.1093/biomet/58.1.83>`_
    (Hawkes, 1971), as in `"Cascade Dynamics Modeling with Attention-based Recurrent Neural Network"
    <https://doi.org/10.24963/ijcai.2017/416>`_ (CYAN-RNN), Eq. 9:

    .. math::
        \lambda(t) = \lambda_0 + \alpha \sum_{t_i < t} \exp\Big(-\frac{t - t_i}{\sigma}\Big)

    :math:`\lambda_0 \ge 0` and :math:`\alpha \ge 0` are those of maximum likelihood. There the integral of the
    intensity equals the number of events, which leaves one number to find, where a decreasing function is zero: it is
    found by halving, also on the border (no excitation, or nothing but excitation).

    Args:
        sigma: How long an excitation lasts, in the dataset's unit; CYAN-RNN takes 1 on data of any unit.
        horizon: Longest interval that counts, in the dataset's unit; may be infinite. ``None``: the longest one of the
            training cascades.

    Raises:
        UsageError: A ``sigma`` that is not positive and finite; a ``horizon`` that is not positive.

    Deviations from the paper: it does not say from which time on, nor until when, a cascade is observed; here from
    its first event to its last. Of events at the same time each one excites those after it in the cascade's order.
    """

    rate: Tensor
    """The base rate lambda_0, in events in a unit of time."""
    alpha: Tensor
    """What an event adds to the intensity."""

    def __init__(self, sigma: float = 1.0, horizon: float | None = None) -> None:
        super().__init__(horizon)
        if not 0 < sigma < math.inf:
            raise UsageError(f"HawkesProcess: sigma={sigma}, must be a finite number above 0.")
        self.sigma = sigma
        self.config["sigma"] = sigma
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
        for _ in range(HALVINGS if low < high else 0):
            middle = (low + high) / 2
            low, high = (middle, high) if slope(middle) > 0 else (low, middle)
        share = (low + high) / 2
        self.rate.copy_(interval.numel() * share / length)
        self.alpha.copy_(interval.numel() * (1 - share) / area)

    def log_prob(self, time: Tensor, ptr: Tensor) -> Tensor:
        self._check_fitted(self.rate)
        excitation, total = self._excitation(time, ptr)
        intensity = self.rate + self.alpha * excitation
        return intensity.log() - self.rate * segment_steps(time, ptr) - self.alpha * total

    def _excitation(self, time: Tensor, ptr: Tensor) -> tuple[Tensor, Tensor]:
        """For each interval the sum of Eq. 9 at its end, and the integral of this sum over it."""
        follows = torch.ones_like(time, dtype=torch.bool)
        follows[ptr[1:] - 1] = False
        before = decayed_counts(time, ptr, self.sigma)[follows]
        gone = segment_steps(time, ptr) / self.sigma
        return before * torch.exp(-gone), -self.sigma * before * torch.expm1(-gone)

    def _rows(self, time: Tensor, ptr: Tensor) -> Tensor:
        self._check_fitted(self.rate)
        return self.alpha * decayed_counts(time, ptr, self.sigma)

    def _mean(self, rows: Tensor) -> Tensor:
        # Over the interval itself: while the excitation lasts, and after it; an inverse at all points would be slow.
        excited = rows[:, None]
        point, weight = quadrature_rule()
        end = self._inverse(rows)[0](torch.full_like(excited, MAX_CUMULATIVE_INTENSITY))
        calm = end.clamp(max=CALM * self.sigma)
        s = torch.cat([calm * point, calm + (end - calm) * point], 1)
        gone = torch.exp(-s / self.sigma)
        density = torch.exp(-self.rate * s - excited * self.sigma * (1 - gone)) * (self.rate + excited * gone)
        density *= torch.cat([calm * weight, (end - calm) * weight], 1)
        return (density * s).sum(1) / density.sum(1)

    def _inverse(self, rows: Tensor) -> tuple[Callable[[Tensor], Tensor], Tensor]:
        excited = rows[:, None]
        sigma, rate, horizon = self.sigma, self.rate, self.horizon

        def cumulative(s: Tensor, excited: Tensor) -> Tensor:
            return torch.where(rate > 0, rate * s, 0.0) - excited * sigma * torch.expm1(-s / sigma)

        def inverse(y: Tensor) -> Tensor:
            if float(rate) == 0:
                return torch.minimum(-sigma * torch.log1p((-y / (excited * sigma)).clamp(min=-1 + 1e-16)), horizon)
            # The cumulative intensity is concave: from the left, Newton's steps never go too far.
            s = torch.maximum(y / (rate + excited), (y - excited * sigma) / rate)
            for _ in range(NEWTON_STEPS):
                step = (y - cumulative(s, excited)) / (rate + excited * torch.exp(-s / sigma))
                s = s + step.clamp(min=0)
                if not bool((step > 1e-12 * s).any()):
                    break
            return torch.minimum(s, horizon)

        return inverse, cumulative(horizon, rows)

    def extra_repr(self) -> str:
        return (
            f"rate={float(self.rate):g}, alpha={float(self.alpha):g}, sigma={self.sigma:g}, "
            f"horizon={float(self.horizon):g}"
        )


def decayed_counts(time: Tensor, ptr: Tensor, sigma: float) -> Tensor:
    """Sum of ``exp(-(t_k - t_i) / sigma)`` over the events ``i <= k`` of the cascade, for each event ``k``, ``[E]``.

    A scan by doubling: what reaches back ``d`` events is made of what reaches back ``d / 2``.
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
