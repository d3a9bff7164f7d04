from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TimeProtocol"]


@dataclass(frozen=True)
class TimeProtocol:
    """What figures of next-time prediction mean; every result prints it.

    Args:
        name: What results call it.
        unit: Unit of the times and of the errors; ``None`` where the data does not state one.
    """

    name: str = "time"
    unit: str | None = None

    def __str__(self) -> str:
        """The choices in words, for reports."""
        unit = "the data's unit, which is not stated" if self.unit is None else self.unit
        return (
            f"{self.name}: interval from every event to the next one, given that there is one within the model's "
            f"horizon, in {unit}; log-likelihood of an interval, not conditional"
        )
