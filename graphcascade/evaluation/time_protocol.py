from __future__ import annotations

from dataclasses import dataclass

from graphcascade.evaluation.evaluation_protocol import EvaluationProtocol

__all__ = ["TimeProtocol"]


@dataclass(frozen=True)
class TimeProtocol(EvaluationProtocol):
    """The choices that decide what figures of next-time prediction mean; every result prints them.

    Args:
        name: Name in results.
        time_unit: Unit of the times and of the errors; ``None`` if the data do not state it.
    """

    name: str = "time"
    time_unit: str | None = None

    def __str__(self) -> str:
        """The choices in words, for reports."""
        unit = "the data's unit, which is not stated" if self.time_unit is None else self.time_unit
        return (
            f"{self.name}: interval from every event to the next one, given that there is one within the model's "
            f"horizon, in {unit}; log-likelihood of an interval, not conditional"
        )
