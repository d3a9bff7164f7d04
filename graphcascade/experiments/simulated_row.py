from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from graphcascade.errors import UsageError, suggest
from graphcascade.evaluation import RolloutProtocol
from graphcascade.experiments.row import SELECTION
from graphcascade.experiments.search_row import SearchRow

__all__ = ["SimulatedRow"]


@dataclass(frozen=True, kw_only=True)
class SimulatedRow(SearchRow):
    """A row whose settings are chosen by the F1 of whole cascades that its model simulates.

    Args:
        epochs: For each dataset the numbers of epochs to choose from.
        temperature: Temperatures of the simulations to choose from.
        answer: Which answer is measured: "sampled" for the shares of the simulations, or "set" for the likeliest users.
        terminate: Whether the model may end a simulation, or both to choose from; as the experiment says if not given.
    """

    model: str = field()
    epochs: dict[str, list[int]] = field(default_factory=dict)
    temperature: list[float] = field(default_factory=lambda: [1.0])
    answer: Literal["sampled", "set"] = field(default="sampled", metadata=SELECTION)
    terminate: bool | list[bool] | None = None

    def check(self) -> None:
        super().check()
        if not self.is_trained:
            reason = f"{self.model} is not trained in epochs, and its simulations end by themselves"
            self.require_unset(["temperature", "terminate"], reason)
        for name, numbers in self.epochs.items():
            if min(numbers) < 1:
                raise UsageError(f"epochs.{name} is {numbers}; each number must be at least 1.")
        for temperature in self.temperature:
            RolloutProtocol(temperature=temperature)

    def check_datasets(self, names: Iterable[str]) -> None:
        for name in names:
            if self.is_trained and name not in self.epochs:
                wanted = next((key for key in self.epochs if suggest(key, [name], "")), None)
                given = "" if wanted is None else f" (found {wanted!r})"
                raise UsageError(f"epochs has no numbers for the dataset {name!r}{given}; add them, as in [1, 2].")
