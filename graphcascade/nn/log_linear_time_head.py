from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from graphcascade.errors import UsageError
from graphcascade.nn.next_interval import conditional_mean, conditional_quantile
from graphcascade.nn.time_head import TimeHead

__all__ = ["LogLinearTimeHead"]

MAX_LOG_INTENSITY = 30.0
ROUNDING = 1e-13  # relative difference of two cumulative intensities below which they are equal
ROWS_PER_CHUNK = 2**14  # rows whose means are computed at a time, which bounds the memory


class LogLinearTimeHead(TimeHead):
    r"""Time head whose log intensity is linear in the time since the last event.

    See `"Recurrent Marked Temporal Point Processes: Embedding Event History to Vector"
    <https://doi.org/10.1145/2939672.2939875>`_ (RMTPP), Eq. 11, and `"Cascade Dynamics Modeling with Attention-based
    Recurrent Neural Network" <https://doi.org/10.24963/ijcai.2017/416>`_ (CYAN-RNN), Eq. 2:

    .. math::
        \lambda(s) = \exp(a + w s), \quad a = v^\top x + b, \qquad
        f(s) = \lambda(s) \exp\Big(-e^a \frac{e^{w s} - 1}{w}\Big)

    where ``s`` is the time since the last event in units of ``scale``, and ``w`` is a trained parameter.

    For :math:`w < 0` the intensity decays, and with a positive probability there is no next event. :meth:`mean`,
    :meth:`median` and :meth:`sample` are conditional on a next event before ``horizon`` and after the ``elapsed`` time,
    and have no gradient; :meth:`log_prob` is not conditional.

    The log intensity ``a`` is clamped to [-30, 30], and the intensity is capped at :math:`e^{30}` (in units of
    1 / ``scale``). All methods use this intensity; results are finite for all intervals up to :math:`10^9` ``scale``.

    Args:
        features: Size ``r`` of the rows ``x``.
        horizon: Longest interval that is predicted, in the dataset's unit; may be infinite. ``None`` for the longest
            one of the training cascades (infinite before :meth:`prepare`).
        scale: Unit of ``s``, in the dataset's unit; should be near the mean interval. ``None`` for the mean interval
            of the training cascades (1 before :meth:`prepare`).

    Shapes:
        - **input:** rows ``x`` ``[R, r]``; intervals ``[R]`` in the dataset's unit
        - **output:** log-densities ``[R]`` per dataset's unit, in the type of ``x`` or float32; times ``[R]`` float64

    Raises:
        UsageError: ``features`` is below 1, ``horizon`` is not positive, or ``scale`` is not positive and finite; the
            number of intervals is not the number of rows, or an interval is negative or not finite.

    Deviations from the papers: RMTPP measures ``t`` in ``w t`` from the last event, as here; CYAN-RNN does not say.
    Their expectations are infinite for :math:`w < 0`; here they are conditional. They do not clamp.
    """

    horizon: Tensor
    scale: Tensor

    def __init__(self, features: int, horizon: float | None = None, scale: float | None = 1.0) -> None:
        super().__init__()
        if features < 1:
            raise UsageError(
                owner="LogLinearTimeHead", argument="features", value=features, reason="must be at least 1"
            )
        if horizon is not None and not horizon > 0:
            raise UsageError(
                owner="LogLinearTimeHead",
                argument="horizon",
                value=horizon,
                reason="must be above 0 (it may be infinite), or None",
            )
        if scale is not None and not 0 < scale < math.inf:
            raise UsageError(
                owner="LogLinearTimeHead",
                argument="scale",
                value=scale,
                reason="must be a finite number above 0, or None",
            )
        self.features = features
        self.from_training = (horizon is None, scale is None)
        self.register_buffer("horizon", torch.tensor(horizon or math.inf, dtype=torch.float64))
        self.register_buffer("scale", torch.tensor(scale or 1.0, dtype=torch.float64))
        self.log_rate = nn.Linear(features, 1)
        self.slope = nn.Parameter(torch.empty(()))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Reinitializes the weights; bias and slope are 0, which is an intensity of 1 / ``scale``."""
        self.log_rate.reset_parameters()
        nn.init.zeros_(self.log_rate.bias)
        nn.init.zeros_(self.slope)

    def prepare(self, interval: Tensor) -> None:
        if interval.numel() == 0 or float(interval.max()) <= 0:
            return
        for from_training, buffer, value in zip(
            self.from_training, (self.horizon, self.scale), (interval.max(), interval.mean()), strict=True
        ):
            if from_training:
                buffer.copy_(value)

    def log_prob(self, x: Tensor, interval: Tensor) -> Tensor:
        if interval.shape != x.shape[:1]:
            reason = f"has the shape {list(interval.shape)}, must have [{x.size(0)}], an entry for each row of x"
            raise UsageError(argument="interval", reason=reason)
        if not bool(((interval >= 0) & (interval < math.inf)).all()):
            reason = "has a value that is negative or not finite; are events in order of time?"
            raise UsageError(argument="interval", reason=reason)
        a, w = self._log_rate_and_slope(x)
        s = interval.double() / self.scale.double()
        log_rate, total = _log_linear(a, w, s)
        log_density = log_rate - total - self.scale.double().log()
        return log_density.to(torch.promote_types(x.dtype, torch.float32))

    @torch.no_grad()
    def mean(self, x: Tensor, elapsed: Tensor | None = None) -> Tensor:
        elapsed = x.new_zeros(len(x), dtype=torch.float64) if elapsed is None else elapsed
        chunks = zip(x.split(ROWS_PER_CHUNK), elapsed.split(ROWS_PER_CHUNK), strict=True)
        parts = [conditional_mean(*self._inverse(rows, past)) for rows, past in chunks]
        return torch.cat(parts) * self.scale.double()

    @torch.no_grad()
    def median(self, x: Tensor, elapsed: Tensor | None = None) -> Tensor:
        return conditional_quantile(*self._inverse(x, elapsed), 0.5) * self.scale.double()

    @torch.no_grad()
    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        probability = torch.rand(x.size(0), dtype=torch.float64, device=x.device, generator=generator)
        return conditional_quantile(*self._inverse(x), probability) * self.scale.double()

    def _log_rate_and_slope(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.log_rate(x).squeeze(-1).double().clamp(-MAX_LOG_INTENSITY, MAX_LOG_INTENSITY), self.slope.double()

    def _inverse(self, x: Tensor, elapsed: Tensor | None = None) -> tuple[Callable[[Tensor], Tensor], Tensor]:
        """Returns the inverse of the cumulative intensity, and its value at the horizon, in units of ``scale``.

        With the ``elapsed`` time, both count from the cumulative intensity at that time: what is left of an
        exponentially distributed variable is distributed as the variable itself. The value is NaN at and after the
        horizon.
        """
        a, w = self._log_rate_and_slope(x)
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
            if float(w) > 0:  # the intensity is capped from here on
                top = (MAX_LOG_INTENSITY - a) / w
                most = torch.expm1(MAX_LOG_INTENSITY - a) / w
                s = torch.where(y > most, top + (y - most) * torch.exp(a - MAX_LOG_INTENSITY), s)
            return torch.minimum(s, end)

        if elapsed is None:
            return inverse, total
        start = _log_linear(a.squeeze(1), w, elapsed.double() / self.scale.double())[1]
        left = total - start
        left = torch.where(total.isinf() | (left > ROUNDING * total), left, math.nan)
        past = (elapsed.double() / self.scale.double())[:, None]
        return lambda y: torch.maximum(inverse(y + start[:, None]), past), left

    def extra_repr(self) -> str:
        return f"{self.features}, horizon={float(self.horizon):g}, scale={float(self.scale):g}"


def _log_linear(a: Tensor, w: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the log intensity after the intervals ``s``, and the integral of the intensity up to then."""
    headroom = MAX_LOG_INTENSITY - a
    rise = w * s
    capped = rise > headroom
    before = torch.where(capped, headroom / w.clamp(min=1e-50), s)
    rise = torch.where(capped, headroom, rise)
    return a + rise, torch.exp(a) * before * _growth(rise) + math.exp(MAX_LOG_INTENSITY) * (s - before)


def _growth(z: Tensor) -> Tensor:
    """Returns (exp(z) - 1) / z, with a gradient that is also accurate near 0."""
    small = z.abs() < 0.05
    near = torch.where(small, z, 0.0)
    far = torch.where(small, 1.0, z)
    series = torch.ones_like(z)
    for k in (8, 7, 6, 5, 4, 3, 2):
        series = 1 + near / k * series
    return torch.where(small, series, torch.expm1(far) / far)
