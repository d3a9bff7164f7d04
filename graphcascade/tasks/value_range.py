from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphcascade.errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ValueRange"]


@dataclass(frozen=True)
class ValueRange:
    """A range of numbers that a search chooses a setting from.

    Args:
        low: Lowest number.
        high: Highest number. If both are whole numbers, only whole numbers are chosen.
        log: Whether the logarithm is chosen uniformly, as suits learning rates.

    Raises:
        UsageError: An end is no finite number, the ends are in the wrong order, or a logarithm is not defined.
    """

    low: int | float
    high: int | float
    log: bool = False

    def __post_init__(self) -> None:
        for name, value in (("low", self.low), ("high", self.high)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise UsageError(argument=name, value=value, reason="must be a finite number")
        if not isinstance(self.log, bool):
            raise UsageError(argument="log", value=self.log, reason="must be true or false")
        if self.low >= self.high:
            raise UsageError(argument="high", value=self.high, reason=f"must be above low, which is {self.low}")
        if self.log and self.low <= 0:
            raise UsageError(argument="low", value=self.low, reason="must be above 0 with a logarithm")

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are chosen."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def __contains__(self, value: object) -> bool:
        """Whether a search could choose a value."""
        is_number = isinstance(value, int) or (isinstance(value, float) and not self.is_whole)
        return is_number and not isinstance(value, bool) and self.low <= value <= self.high  # type: ignore[operator]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Makes a range from ``{"low": ..., "high": ..., "log": ...}``.

        Raises:
            UsageError: A name is missing or unknown; also as for the class.
        """
        unknown = [name for name in values if name not in ("low", "high", "log")]
        missing = [name for name in ("low", "high") if name not in values]
        if unknown or missing:
            problem = f"has no {missing[0]!r}" if missing else f"has {unknown[0]!r}"
            raise UsageError(f"a range {problem}; write it as {{low: 0.001, high: 0.1, log: true}}.")
        return cls(**values)
