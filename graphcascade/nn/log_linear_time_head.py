from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from graphcascade.errors import UsageError
from graphcascade.nn.next_interval import conditional_mean, conditional_quantile
from graphcascade.nn.time_head import TimeHead

__all__ = ["LogLinearTimeHead"]

LIMIT = 30.0
ROWS = 2**14  # rows whose means are computed at once: bounds the memory


class LogLinearTimeHead(TimeHead):
    r"""Intensity of the next event whose logarithm is linear in the time since the last one.

    Of `"Recurrent Marked Temporal Point Processes: Embedding Event History to Vector"
    <https://doi.org/10.1145/2939672.2939875>`_ (RMTPP), Eq. 11, and of `"Cascade Dynamics Modeling with Attention-based
    Recurrent Neural Network" <https://doi.org/10.24963/ijcai.2017/416>`_ (CYAN-RNN), Eq. 2:

    .. math::
        \lambda(s) = \exp(a + w s), \quad a = v^\top x + b, \qquad
        f(s) = \lambda(s) \exp\Big(-e^a \frac{e^{w s} - 1}{w}\Big)

    where ``s`` is the time since the last event in units of ``scale``, and ``w`` one trained number, 0 at first.

    For :math:`w < 0` the intensity dies out, and with a positive probability there is no next event. :meth:`mean`,
    :meth:`median` and :meth:`sample` are of the next interval given that there is one, and that it ends before
    ``horizon``; :meth:`log_prob` is not conditional. These three carry no gradient.

    The log intensity ``a`` is clamped to [-30, 30], and an intensity that rises stays at :math:`e^{30}` once it is
    there (in units of 1 / ``scale``): the distribution is that of this intensity, and finite for all intervals up to
    :math:`10^9` ``scale``.

    Args:
        features: Size ``r`` of the rows ``x``.
        horizon: Longest interval that counts, in the dataset's unit; may be infinite. ``None``: the longest one of the
            training cascades (infinite until :meth:`prepare` has seen them).
        scale: What ``s`` is measured in, in the dataset's unit; best near the mean interval. ``None``: the mean
            interval of the training cascades (1 until :meth:`prepare` has seen them).

    Shapes:
        - **input:** rows ``x`` ``[R, r]``; intervals ``[R]`` in the dataset's unit
        - **output:** log-densities ``[R]`` per dataset's unit, in the type of ``x`` or float32; times ``[R]`` float64

    Raises:
        UsageError: ``features`` below 1; a ``horizon`` that is not positive; a ``scale`` that is not positive and
            finite; intervals of another number than rows, negative or not finite.

    Deviations from the papers: they write ``w t``, and measure ``t`` from the last event (RMTPP) or do not say; here it
    is the last event. Their expectations are infinite for :math:`w < 0`, these are conditional. They do not clamp.
    """

    horizon: Tensor
    scale: Tensor

    def __init__(self, features: int, horizon: float | None = None, scale: float | None = 1.0) -> None:
        super().__init__()
        if features < 1:
            raise UsageError(f"LogLinearTimeHead: features={features}, must be at least 1.")
        if horizon is not None and not horizon > 0:
            raise UsageError(f"LogLinearTimeHead: horizon={horizon}, must be above 0 (it may be infinite), or None.")
        if scale is not None and not 0 < scale < math.inf:
            raise UsageError(f"LogLinearTimeHead: scale={scale}, must be a finite number above 0, or None.")
        self.features = features
        self.measured = (horizon is None, scale is None)
        self.register_buffer("horizon", torch.tensor(horizon or math.inf, dtype=torch.float64))
        self.register_buffer("scale", torch.tensor(scale or 1.0, dtype=torch.float64))
        self.log_rate = nn.Linear(features, 1)
        self.slope = nn.Parameter(torch.empty(()))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the weights of ``x`` anew; bias and slope begin at 0, an intensity of 1 / ``scale``."""
        self.log_rate.reset_parameters()
        nn.init.zeros_(self.log_rate.bias)
        nn.init.zeros_(self.slope)

    def prepare(self, interval: Tensor) -> None:
        if interval.numel() == 0 or float(interval.max()) <= 0:
            return
        for measured, buffer, value in zip(
            self.measured, (self.horizon, self.scale), (interval.max(), interval.mean()), strict=True
        ):
            if measured:
                buffer.copy_(value)

    def log_prob(self, x: Tensor, interval: Tensor) -> Tensor:
        if interval.shape != x.shape[:1]:
            raise UsageError(f"LogLinearTimeHead: {list(interval.shape)} intervals for {x.size(0)} rows.")
        if not bool(((interval >= 0) & (interval < math.inf)).all()):
            raise UsageError("LogLinearTimeHead: an interval is negative or not finite; are events in order of time?")
        a, w = self._parameters_of(x)
        s = interval.double() / self.scale.double()
        log_rate, total = _log_linear(a, w, s)
        found = log_rate - total - self.scale.double().log()
        return found.to(torch.promote_types(x.dtype, torch.float32))

    @torch.no_grad()
    def mean(self, x: Tensor) -> Tensor:
        parts = [conditional_mean(*self._inverse(rows)) for rows in x.split(ROWS)]
        return torch.cat(parts) * self.scale.double()

    @torch.no_grad()
    def median(self, x: Tensor) -> Tensor:
        return conditional_quantile(*self._inverse(x), 0.5) * self.scale.double()

    @torch.no_grad()
    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        share = torch.rand(x.size(0), dtype=torch.float64, device=x.device, generator=generator)
        return conditional_quantile(*self._inverse(x), share) * self.scale.double()

    def _parameters_of(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.log_rate(x).squeeze(-1).double().clamp(-LIMIT, LIMIT), self.slope.double()

    def _inverse(self, x: Tensor) -> tuple[Callable[[Tensor], Tensor], Tensor]:
        """The interval for a cumulative intensity, and the cumulative intensity at the horizon; in units of scale."""
        a, w = self._parameters_of(x)
        end = (self.horizon / self.scale).double()
        if float(end) < math.inf:
            total = _log_linear(a, w, end.expand_as(a))[1]
        else:
            total = torch.exp(a) / -w if float(w) < 0 else torch.full_like(a, math.inf)
        a = a[:, None]

        def inverse(y: Tensor) -> Tensor:
            y = y * torch.exp(-a)
            z = (w * y).clamp(min=-1 + 1e-16)
            s = y * torch.where(z == 0, 1.0, torch.log1p(z) / torch.where(z == 0, 1.0, z))
            if float(w) > 0:  # from here on the intensity rises no more
                top = (LIMIT - a) / w
                most = torch.expm1(LIMIT - a) / w
                s = torch.where(y > most, top + (y - most) * torch.exp(a - LIMIT), s)
            return torch.minimum(s, end)

        return inverse, total

    def extra_repr(self) -> str:
        return f"{self.features}, horizon={float(self.horizon):g}, scale={float(self.scale):g}"


def _log_linear(a: Tensor, w: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
    """Log intensity at the intervals ``s``, and its integral up to there."""
    room = LIMIT - a
    rise = w * s
    capped = rise > room
    before = torch.where(capped, room / w.clamp(min=1e-50), s)
    rise = torch.where(capped, room, rise)
    return a + rise, torch.exp(a) * before * _growth(rise) + math.exp(LIMIT) * (s - before)


def _growth(z: Tensor) -> Tensor:
    """(exp(z) - 1) / z, with a gradient that is right near 0, too."""
    small = z.abs() < 0.05
    near = torch.where(small, z, 0.0)
    far = torch.where(small, 1.0, z)
    series = torch.ones_like(z)
    for k in (8, 7, 6, 5, 4, 3, 2):
        series = 1 + near / k * series
    return torch.where(small, series, torch.expm1(far) / far)
