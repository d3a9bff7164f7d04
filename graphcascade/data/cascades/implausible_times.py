from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graphcascade.data.time_units import SECONDS

__all__ = ["find_implausible_times"]

UNIX_RANGE = (6.3e8, 4.2e9)  # the years 1990 to 2103 in seconds since 1970
SCALES = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6}
DATE_MARGIN = 30.0  # times outside UNIX_RANGE by less than this factor may be early or late dates
YEAR = 365.2425 * SECONDS["d"]
MAX_SPAN = 200 * YEAR


def find_implausible_times(
    time: npt.NDArray[np.float64], unit: str | None, absolute: bool
) -> tuple[npt.NDArray[np.int64], str] | None:
    """Finds times that are probably in another unit than the others, or placeholders.

    This is so if most times look like seconds, milliseconds or microseconds since 1970 and all others are far outside
    this range; or if the times have a known unit and are more than 200 years apart.

    Args:
        time: Times of events, ``[E]``; NaN if an event has none.
        unit: Their unit, if it is known.
        absolute: Whether the times of all events have one origin.

    Returns:
        Numbers of the events and a description of the problem; ``None`` if there is no problem.
    """
    known = np.flatnonzero(~np.isnan(time))
    values = time[known]
    if not values.size:
        return None
    if absolute and unit in (None, "s", "ms", "us"):
        for name, scale in SCALES.items():
            outside = ~_in_range(values, scale)
            others = values[outside]
            if not others.size or 2 * others.size > values.size or _in_range(others, scale, DATE_MARGIN).any():
                continue
            # If half of the times are outside, they must look like times since 1970 in another unit.
            if 2 * others.size < values.size or np.any([_in_range(others, other) for other in SCALES.values()]):
                return known[outside], f"cannot be in {name} since 1970, as the others are"
    if unit is not None and np.ptp(values) * SECONDS[unit] > MAX_SPAN:
        distance = np.abs(values - np.median(values)) * SECONDS[unit]
        far = distance >= min(MAX_SPAN, distance.max())
        return known[far], f"is {distance[far][0] / YEAR:,.0f} years from the middle of all times"
    return None


def _in_range(values: npt.NDArray[np.float64], scale: float, margin: float = 1.0) -> npt.NDArray[np.bool_]:
    return (values >= scale * UNIX_RANGE[0] / margin) & (values <= scale * UNIX_RANGE[1] * margin)
