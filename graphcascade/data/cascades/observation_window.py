from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from graphcascade.data.cascades.dataset import CascadeDataset
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import expand_ranges, segment_ids, segment_ptr
from graphcascade.data.time_units import SECONDS
from graphcascade.errors import DataError, UsageError
from graphcascade.plurals import counted

__all__ = ["Observation", "ObservationWindow"]

logger = logging.getLogger(__name__)
LARGE_NUMBER = 100
DURATION = re.compile(r"\s*(?P<number>\d+(\.\d*)?|\.\d+)\s*(?P<unit>[a-z]*)\s*")


@dataclass(frozen=True, eq=False)
class Observation:
    """The beginnings of some cascades.

    Args:
        cascades: Cascades with the events of the window only; ``table.growth`` counts those that followed in the data.
        index: Their numbers in the dataset, ``[N]`` int64.
        not_reached: Number of cascades of the dataset that have not reached the end of the window, and are left out.
    """

    cascades: CascadeDataset
    index: Tensor
    not_reached: int

    def log_left_out(self, name: str, window: ObservationWindow) -> None:
        """Logs how many cascades are left out, if there are any.

        Args:
            name: Name of the data.
            window: The window.
        """
        if self.not_reached:
            logger.info(
                "%s: %s of %s cascades have not reached the end of the window, %s, and are left out.",
                name,
                f"{self.not_reached:,}",
                f"{self.not_reached + len(self.cascades):,}",
                window,
            )


@dataclass(frozen=True)
class ObservationWindow:
    """The beginning of a cascade that its final size is predicted from.

    Exactly one of the two arguments must be given.

    Args:
        observe: A time from the first event on, such as "1h", "30min" or "2d"; a number without a unit is in the time
            unit of the data. An event at the end of this time is not in the window.
        observe_events: A number of events, including the source.

    Raises:
        UsageError: Both or none are given; the time cannot be read or is not positive; the number is below 1.

    >>> ObservationWindow("1h").length("min")
    60.0
    """

    observe: str | None = None
    observe_events: int | None = None

    def __post_init__(self) -> None:
        if self.observe is None and self.observe_events is None:
            raise UsageError(
                "say how much of a cascade is observed: observe_events is not given either; give a time, such as",
                remedy=("observe", "1h"),
            )
        if self.observe is not None and self.observe_events is not None:
            raise UsageError(
                argument="observe_events",
                value=self.observe_events,
                reason="cascades are observed for a time or for a number of events; leave one of the two out",
            )
        if self.observe_events is not None and self.observe_events < 1:
            raise UsageError(argument="observe_events", value=self.observe_events, reason="must be at least 1")
        if self.observe is not None:
            number, _ = self._parse()
            if number <= 0:
                raise UsageError(argument="observe", value=self.observe, reason="must be above 0")

    def _parse(self) -> tuple[float, str]:
        match = DURATION.fullmatch(str(self.observe))
        if match is None or (match["unit"] and match["unit"] not in SECONDS):
            reason = f"must be a number with a unit ({', '.join(SECONDS)}), such as 1h or 30min"
            raise UsageError(argument="observe", value=self.observe, reason=reason)
        return float(match["number"]), match["unit"]

    def length(self, time_unit: str | None) -> float:
        """Returns the time that cascades are observed for, in a unit.

        Raises:
            UsageError: The window has a unit, and the data have none.
        """
        number, unit = self._parse()
        if not unit:
            return number
        if time_unit is None:
            raise UsageError(
                argument="observe",
                value=self.observe,
                reason="has a unit, and the times of the data have none; state theirs, for example with",
                remedy=("time_unit", "s"),
            )
        return number * SECONDS[unit] / SECONDS[time_unit]

    def elapsed(self, time: Tensor, ptr: Tensor, time_unit: str | None) -> Tensor:
        """Returns the time from the first event of each observed cascade to the end of its window, ``[N]`` float64.

        Args:
            time: Times of the events of the window, ``[E]``.
            ptr: Boundaries of the cascades, ``[N + 1]``; none is empty.
            time_unit: Unit of the times.
        """
        first, last = time[ptr[:-1]], time[ptr[1:] - 1]
        return last - first if self.observe is None else torch.full_like(first, self.length(time_unit))

    def apply(self, dataset: CascadeDataset) -> Observation:
        """Cuts cascades to the window, and counts the events that follow.

        A cascade has not reached the end of the window if it has fewer events than ``observe_events``, or if the data
        end before; the data end with their last event. Where cascades have no order in time, the end of the data is not
        known, and all cascades are taken to have reached the end of the window.

        Raises:
            UsageError: The window has a unit, and the data have none; the data have a shorter beginning of the cascades
                than the window.
            DataError: No cascade has reached the end of the window.
        """
        table, whole = dataset.table, dataset._table
        start, size = table.time[table.ptr[:-1]], table.size
        if self.observe_events is not None:
            seen, reached = size.clamp(max=self.observe_events), size >= self.observe_events
        else:
            length, cascade = self.length(table.time_unit), segment_ids(table.ptr)
            if table.recorded is not None and length > table.recorded:
                unit = "" if table.time_unit is None else f" {table.time_unit}"
                raise UsageError(
                    argument="observe",
                    value=self.observe,
                    reason=f"{dataset.name} has the events of the first {table.recorded:g}{unit} of each cascade only; "
                    "take a shorter time",
                )
            inside = table.time - start[cascade] < length
            seen = torch.bincount(cascade[inside], minlength=size.numel())
            reached = torch.ones_like(size, dtype=torch.bool)
            if table.recorded is None and whole.ordered:
                reached = start + length <= whole.time.max()
        index = reached.nonzero().view(-1)
        if index.numel() == 0:
            raise DataError(
                f"{dataset.name}: none of {size.numel():,} cascades has reached the end of the window, {self}; take a "
                "shorter one."
            )
        followed = size - seen + (0 if table.growth is None else table.growth)
        observed = _cut(table.select(index), seen[index], followed[index])
        cascades = CascadeDataset(observed)
        cascades._split = dataset.split
        return Observation(cascades, index, size.numel() - index.numel())

    def __str__(self) -> str:
        if self.observe is not None:
            return f"the first {_shorten(*self._parse())}"
        return f"the first {counted(self.observe_events or 0, 'event')}"


def _shorten(number: float, unit: str) -> str:
    """Writes a time; numbers from 100 on are in the largest unit in which they are whole, so that 3600s is 1h."""
    if not unit:
        return f"{number:.12g} (in the unit of the times)"
    if number >= LARGE_NUMBER:
        whole = {name: number * SECONDS[unit] / size for name, size in SECONDS.items() if size > SECONDS[unit]}
        unit, number = ([(unit, number)] + [entry for entry in whole.items() if entry[1].is_integer()])[-1]
    return f"{number:.12g}{unit}"


def _cut(table: CascadeTable, seen: Tensor, growth: Tensor) -> CascadeTable:
    """Returns the first ``seen`` events of each cascade."""
    row, _ = expand_ranges(table.ptr[:-1], table.ptr[:-1] + seen)
    return replace(
        table,
        user=table.user[row],
        time=table.time[row],
        ptr=segment_ptr(seen),
        parent=None if table.parent is None else table.parent[row],
        growth=growth,
        recorded=None,
    )
