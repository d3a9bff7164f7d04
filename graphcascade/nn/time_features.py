from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from graphcascade.errors import UsageError

__all__ = ["TimeFeatures"]

DAY = 86_400
FIRST_YEAR = 1970
SIZES = {"year": 100, "month": 12, "day": 31, "weekday": 7, "hour": 24, "minute": 60, "second": 60}


class TimeFeatures(nn.Module):
    r"""When an event happened, as features of a model's input.

    Of `"Cascade Dynamics Modeling with Attention-based Recurrent Neural Network"
    <https://doi.org/10.24963/ijcai.2017/416>`_ (CYAN-RNN), Section 3: the log interval since the event before, and,
    where times are real dates, trained vectors of year, month, day, weekday, hour, minute and second (UTC).

    .. math::
        \Big[ \log\Big(\frac{t_k - t_{k-1}}{\text{scale}} + \varepsilon\Big) \;\Big|\; \text{year} \;\Big|\; \dots
        \;\Big|\; \text{second} \Big]

    The first feature is 0 at the source of a cascade, and :math:`\log \varepsilon` where two events are at the same
    time. The vectors start at zero, so that a year which training never saw adds nothing.

    Args:
        calendar: Also the fields of the date; times must be Unix seconds (see :meth:`check`).
        scale: What intervals are measured in, in the dataset's unit. ``None``: the mean interval of the training
            cascades (1 until :meth:`prepare` has seen them).
        epsilon: Added to the interval, in units of ``scale``.
        calendar_dim: Size of the vector of each field.

    Shapes:
        - **input:** times ``[E]`` float64, with the boundaries ``ptr`` ``[B + 1]`` of the cascades, or with the times
          of the events before ``[E]``
        - **output:** ``[E, dim]``, in the type of the module's weights

    Raises:
        UsageError: A ``scale`` or ``epsilon`` that is not positive and finite; ``calendar_dim`` below 1.

    Deviations from the paper: it does not say what log(0) becomes, nor how fields enter; "week" is read as the day of
    the week. Years before 1970 and after 2069 share the first and the last vector.
    """

    scale: Tensor
    like: Tensor

    def __init__(
        self, calendar: bool = False, scale: float | None = 1.0, epsilon: float = 1e-3, calendar_dim: int = 4
    ) -> None:
        super().__init__()
        for name, value in (("scale", scale), ("epsilon", epsilon)):
            if value is not None and not 0 < value < math.inf:
                raise UsageError(f"TimeFeatures: {name}={value}, must be a finite number above 0.")
        if calendar_dim < 1:
            raise UsageError(f"TimeFeatures: calendar_dim={calendar_dim}, must be at least 1.")
        self.epsilon = epsilon
        self.calendar = calendar
        self.dim = 1 + calendar * len(SIZES) * calendar_dim
        self.measured = scale is None
        self.register_buffer("scale", torch.tensor(scale or 1.0, dtype=torch.float64))
        self.register_buffer("like", torch.empty(0), persistent=False)  # is of the type that features are
        self.fields = nn.Embedding(sum(SIZES.values()), calendar_dim) if calendar else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the vectors to zero."""
        if self.fields is not None:
            nn.init.zeros_(self.fields.weight)

    def prepare(self, interval: Tensor) -> None:
        """Takes the scale from the training intervals ``[R]``, if it was not given."""
        if self.measured and interval.numel() > 0 and float(interval.mean()) > 0:
            self.scale.copy_(interval.mean())

    def check(self, time_unit: str | None, times_absolute: bool) -> None:
        """Refuses to read dates from times that are none.

        Raises:
            UsageError: Fields of the date were asked for, and times are not Unix seconds.
        """
        if self.calendar and (time_unit != "s" or not times_absolute):
            kind = "relative to each cascade's source" if not times_absolute else f"in {time_unit or 'an unknown unit'}"
            raise UsageError(f"calendar=True reads dates from Unix seconds, but times are {kind}: set it to False.")

    def forward(self, time: Tensor, ptr: Tensor) -> Tensor:
        """Features of all events of whole cascades."""
        log_interval = self._log_interval(time.diff(prepend=time[:1]))
        log_interval = log_interval.index_fill(0, ptr[:-1][ptr.diff() > 0], 0.0)
        return self._joined(log_interval, time)

    def step(self, time: Tensor, before: Tensor | None = None) -> Tensor:
        """Features of one event of each row; ``before`` is the time of the one before it, none for sources."""
        log_interval = torch.zeros_like(time) if before is None else self._log_interval(time - before)
        return self._joined(log_interval, time)

    def _log_interval(self, interval: Tensor) -> Tensor:
        # Between two cascades it is negative, and not used.
        return (interval.double() / self.scale.double()).clamp(min=0).add(self.epsilon).log()

    def _joined(self, log_interval: Tensor, time: Tensor) -> Tensor:
        column = log_interval[:, None].to(self.like.dtype)
        if self.fields is None:
            return column
        return torch.cat([column, self.fields(calendar_rows(time)).flatten(1)], 1)

    def extra_repr(self) -> str:
        return f"{self.dim}, calendar={self.calendar}, scale={float(self.scale):g}, epsilon={self.epsilon:g}"


def calendar_rows(time: Tensor) -> Tensor:
    """Rows of year, month, day, weekday, hour, minute and second in one table of vectors, ``[E, 7]``.

    Args:
        time: Unix seconds, ``[E]``; days begin at midnight UTC.
    """
    second = time.floor().long()
    day = second.div(DAY, rounding_mode="floor")
    second = second - day * DAY
    weekday = (day + 3) % 7  # 1 January 1970 was a Thursday; Monday is 0
    # Years that begin in March have their leap day at the end; 400 of them have 146,097 days.
    shifted = day + 719_468  # days since 1 March of the year 0
    era = shifted.div(146_097, rounding_mode="floor")
    of_era = shifted - era * 146_097
    years = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * years + years // 4 - years // 100)
    month = (5 * of_year + 2) // 153  # 0 is March
    of_month = of_year - (153 * month + 2) // 5
    year = years + 400 * era + (month >= 10)
    parts = [
        (year - FIRST_YEAR).clamp(0, SIZES["year"] - 1),
        (month + 2) % 12,
        of_month,
        weekday,
        second // 3600,
        second // 60 % 60,
        second % 60,
    ]
    offset = 0
    for number, size in enumerate(SIZES.values()):
        parts[number] = parts[number] + offset
        offset += size
    return torch.stack(parts, 1)
