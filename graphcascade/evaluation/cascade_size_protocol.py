from __future__ import annotations

from dataclasses import dataclass

from graphcascade.data import ObservationWindow
from graphcascade.errors import UsageError
from graphcascade.evaluation.evaluation_protocol import EvaluationProtocol

__all__ = ["CascadeSizeProtocol"]


@dataclass(frozen=True)
class CascadeSizeProtocol(EvaluationProtocol):
    """The choices that decide what figures of predicted sizes mean; every result prints them.

    Args:
        observe: Length of the window in time, as the model has it.
        observe_events: Length of the window in events.
        resamples: Number of resamples of the bootstrap over cascades.
        confidence: Share of the resamples within an interval.
        seed: Seed of the bootstrap.

    Raises:
        UsageError: A number is out of range.
    """

    observe: str | None = None
    observe_events: int | None = None
    resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.resamples < 2:
            raise UsageError(argument="resamples", value=self.resamples, reason="must be at least 2")
        if not 0 < self.confidence < 1:
            raise UsageError(argument="confidence", value=self.confidence, reason="must be between 0 and 1")

    def __str__(self) -> str:
        """The choices in words, for reports."""
        window = ObservationWindow(self.observe, self.observe_events)
        return (
            f"final sizes from {window} of each cascade, {100 * self.confidence:g} % intervals from "
            f"{self.resamples:,} resamples of the cascades, seed {self.seed}"
        )
