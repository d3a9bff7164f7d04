from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from graphcascade.errors import UsageError

__all__ = ["TimeFeatures"]

DAY = 86_400
FIRST_YEAR = 1970
FIELD_SIZES = {"year": 100, "month": 12, "day": 31, "weekday": 7, "hour": 24, "minute": 60, "second": 60}


class TimeFeatures(nn.Module):
    r"""Features of the time of an event, for the input of a model.

    See `"Cascade Dynamics Modeling with Attention-based Recurrent Neural Network"
    <https://doi.org/10.24963/ijcai.2017/416>`_ (CYAN-RNN), Section 3. The features are the log interval since the
    previous event and, if ``calendar`` is set, trained vectors of year, month, day, weekday, hour, minute and second
    (UTC).

    .. math::
        \Big[ \log\Big(\frac{t_k - t_{k-1}}{\text{scale}} + \varepsilon\Big) \;\Big|\; \text{year} \;\Big|\; \dots
        \;\Big|\; \text{second} \Big]

    The first feature is 0 at the source of a cascade, and :math:`\log \varepsilon` for two events at the same
    time. The vectors start at zero, so a year that does not occur in training has no effect.

    Args:
        calendar: Whether to add the fields of the date; times must be Unix seconds (see :meth:`check`).
        scale: Unit of the intervals, in the dataset's unit. ``None`` for the mean interval of the training cascades
            (1 before :meth:`prepare`).
        epsilon: Added to the interval, in units of ``scale``.
        calendar_dim: Size of the vector of each field of the date.

    Shapes:
        - **input:** times ``[E]`` float64, with the boundaries ``ptr`` ``[B + 1]`` of the cascades, or with the times
          of the previous events ``[E]``
        - **output:** ``[E, dim]``, in the type of the module's weights

    Raises:
        UsageError: ``scale`` or ``epsilon`` is not positive and finite, or ``calendar_dim`` is below 1.

    Deviations from the paper: it does not say how log(0) and the fields of the date are represented; its "week" is
    taken to be the day of the week. Years before 1970 and after 2069 share the first and the last vector.
    """

    scale: Tensor
    dtype_reference: Tensor

    def __init__(
        self, calendar: bool = False, scale: float | None = 1.0, epsilon: float = 1e-3, calendar_dim: int = 4
    ) -> None:
        super().__init__()
        for name, value in (("scale", scale), ("epsilon", epsilon)):
            if value is not None and not 0 < value < math.inf:
                raise UsageError(
                    owner="TimeFeatures", argument=name, value=value, reason="must be a finite number above 0"
                )
        if calendar_dim < 1:
            raise UsageError(
                owner="TimeFeatures", argument="calendar_dim", value=calendar_dim, reason="must be at least 1"
            )
        self.epsilon = epsilon
        self.calendar = calendar
        self.dim = 1 + calendar * len(FIELD_SIZES) * calendar_dim
        self.from_training = scale is None
        self.register_buffer("scale", torch.tensor(scale or 1.0, dtype=torch.float64))
        self.register_buffer("dtype_reference", torch.empty(0), persistent=False)  # has the type of the features
        self.fields = nn.Embedding(sum(FIELD_SIZES.values()), calendar_dim) if calendar else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the vectors of the date fields to zero."""
        if self.fields is not None:
            nn.init.zeros_(self.fields.weight)

    def prepare(self, interval: Tensor) -> None:
        """Sets the scale to the mean of the training intervals ``[R]`` if it was not given."""
        if self.from_training and interval.numel() > 0 and float(interval.mean()) > 0:
            self.scale.copy_(interval.mean())

    def check(self, time_unit: str | None, times_absolute: bool) -> None:
        """Raises an error if the features include dates and the times are not Unix seconds.

        Raises:
            UsageError: ``calendar`` is set, and times are not Unix seconds.
        """
        if self.calendar and (time_unit != "s" or not times_absolute):
            kind = "relative to each cascade's source" if not times_absolute else f"in {time_unit or 'an unknown unit'}"
            reason = f"reads dates from Unix seconds, but times are {kind}; set it to False"
            raise UsageError(owner="TimeFeatures", argument="calendar", value=True, reason=reason)

    def forward(self, time: Tensor, ptr: Tensor) -> Tensor:
        """Returns the features of all events of whole cascades."""
        log_interval = self._log_interval(time.diff(prepend=time[:1]))
        log_interval = log_interval.index_fill(0, ptr[:-1][ptr.diff() > 0], 0.0)
        return self._concatenate(log_interval, time)

    def step(self, time: Tensor, previous: Tensor | None = None) -> Tensor:
        """Returns the features of one event per row, given the time of the previous one (``None`` for sources)."""
        log_interval = torch.zeros_like(time) if previous is None else self._log_interval(time - previous)
        return self._concatenate(log_interval, time)

    def _log_interval(self, interval: Tensor) -> Tensor:
        # The interval from one cascade to the next may be negative; it is not used.
        return (interval.double() / self.scale.double()).clamp(min=0).add(self.epsilon).log()

    def _concatenate(self, log_interval: Tensor, time: Tensor) -> Tensor:
        column = log_interval[:, None].to(self.dtype_reference.dtype)
        if self.fields is None:
            return column
        return torch.cat([column, self.fields(calendar_rows(time)).flatten(1)], 1)

    def extra_repr(self) -> str:
        return f"{self.dim}, calendar={self.calendar}, scale={float(self.scale):g}, epsilon={self.epsilon:g}"


def calendar_rows(time: Tensor) -> Tensor:
    """Returns the rows of year, month, day, weekday, hour, minute and second in the table of vectors, ``[E, 7]``.

    Args:
        time: Unix seconds, ``[E]``; days begin at midnight UTC.
    """
    second = time.floor().long()
    day = second.div(DAY, rounding_mode="floor")
    second = second - day * DAY
    weekday = (day + 3) % 7  # 1 January 1970 was a Thursday; Monday is 0
    # Years are counted from March, so that the leap day is the last day; 400 years have 146,097 days.
    shifted = day + 719_468  # days since 1 March of the year 0
    era = shifted.div(146_097, rounding_mode="floor")
    day_of_era = shifted - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * day_of_year + 2) // 153  # 0 is March
    day_of_month = day_of_year - (153 * month + 2) // 5
    year = year_of_era + 400 * era + (month >= 10)
    parts = [
        (year - FIRST_YEAR).clamp(0, FIELD_SIZES["year"] - 1),
        (month + 2) % 12,
        day_of_month,
        weekday,
        second // 3600,
        second // 60 % 60,
        second % 60,
    ]
    offset = 0
    for number, size in enumerate(FIELD_SIZES.values()):
        parts[number] = parts[number] + offset
        offset += size
    return torch.stack(parts, 1)
