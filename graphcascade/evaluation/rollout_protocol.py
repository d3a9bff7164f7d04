from __future__ import annotations

import math
from dataclasses import dataclass

from graphcascade.errors import UsageError
from graphcascade.evaluation.evaluation_protocol import EvaluationProtocol

__all__ = ["RolloutProtocol"]


@dataclass(frozen=True)
class RolloutProtocol(EvaluationProtocol):
    """The choices that decide what an F1 of whole cascades means (NDM paper, Section 5.3); every result prints them.

    Args:
        name: Name in results.
        simulations: Simulations of each cascade.
        temperature: Divides the model's scores; 0 always takes the highest.
        terminate: Whether the model may end a simulation, where it predicts the end.
        early_steps: Number of infections after the source that count as early.
        counter_weight: Weight ``w`` of a counting baseline in "set" answers, from 0 to 1: users are ranked by ``w``
            times the logarithm of the baseline's score plus ``1 - w`` times that of their share of the simulations.

    Raises:
        UsageError: A number is below 1, the temperature is negative or not finite, or the weight is not from 0 to 1.
    """

    name: str = "cascade"
    simulations: int = 1000
    temperature: float = 1.0
    terminate: bool = True
    early_steps: int = 5
    counter_weight: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in (("simulations", self.simulations), ("early_steps", self.early_steps)):
            if value < 1:
                raise UsageError(argument=name, value=value, reason="must be at least 1")
        if not 0 <= self.temperature < math.inf:
            raise UsageError(
                argument="temperature", value=self.temperature, reason="must be a finite number, 0 or more"
            )
        if not 0 <= self.counter_weight <= 1:
            raise UsageError(argument="counter_weight", value=self.counter_weight, reason="must be from 0 to 1")

    def __str__(self) -> str:
        """The choices in words, for reports."""
        words = (
            f"{self.name}: {self.simulations:,} simulations from the source, each with as many users as the true "
            f"cascade, temperature {self.temperature:g}, {'may end early' if self.terminate else 'no early end'}, "
            f"'early' is the first {self.early_steps} users after the source"
        )
        if self.counter_weight:
            words = f"{words}, sets with a counting baseline of weight {self.counter_weight:g}"
        return words
