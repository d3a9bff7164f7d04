from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

REPEATS = 3


class Speed(NamedTuple):
    """Units per second of the processor, and per second of the clock."""

    processor: float
    clock: float


@dataclass(frozen=True)
class Comparison:
    """The same work done by this library and by another one.

    Args:
        work: What is done, and its size.
        unit: What is counted, in the plural.
        package: Name of the other package on PyPI.
        ours: Measures this library.
        theirs: Measures the other one.
        difference: What the two do differently, as a sentence; empty if nothing that matters.
    """

    work: str
    unit: str
    package: str
    ours: Callable[[], Speed]
    theirs: Callable[[], Speed]
    difference: str = ""


def speed_of_passes(units: int, do_pass: Callable[[], object]) -> Speed:
    """Does a pass to warm up and then several others, and returns the speed of the fastest one."""
    do_pass()
    return Speed(*(units / seconds for seconds in _fastest(do_pass)))


def speed_of_epochs(units: int, fit: Callable[[int], object], epochs: int = 10) -> Speed:
    """Returns the speed of an epoch of a training, without what it does once: the difference of two trainings.

    Args:
        units: Units in an epoch.
        fit: Trains for a number of epochs.
        epochs: Epochs by which the longer training is longer.
    """
    fit(1)
    short, long = (_fastest(lambda count=count: fit(count)) for count in (1, 1 + epochs))
    return Speed(*(units * epochs / (after - before) for before, after in zip(short, long, strict=True)))


def _fastest(work: Callable[[], object]) -> tuple[float, float]:
    """Returns the fewest seconds of the processor, and of the clock, of several runs."""
    processor, clock = zip(*(_seconds(work) for _ in range(REPEATS)), strict=True)
    return min(processor), min(clock)


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    start = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - start[0], time.perf_counter() - start[1]
