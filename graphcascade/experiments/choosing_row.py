from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import Self

from graphcascade.experiments.fitted_row import FittedRow

__all__ = ["ChoosingRow"]


@dataclass(frozen=True, kw_only=True)
class ChoosingRow(FittedRow):
    """A row some of whose settings are chosen on validation.

    Args:
        choose: Arguments of the model, each with the values to choose from.
        choose_trainer: Arguments of the trainer, each with the values to choose from.
    """

    choose: dict[str, list[Any]] = field(default_factory=dict)
    choose_trainer: dict[str, list[Any]] = field(default_factory=dict)

    def candidates(self) -> list[Self]:
        """Returns a row for each combination of the values to choose from, with nothing left to choose."""
        return [
            replace(
                self,
                arguments=self.arguments | arguments,
                trainer=self.trainer | trainer,
                choose={},
                choose_trainer={},
            )
            for arguments, trainer in itertools.product(_combine(self.choose), _combine(self.choose_trainer))
        ]

    def describe_candidate(self, candidate: Self) -> list[str]:
        """Returns the settings of a candidate that were chosen, as "name=value"."""
        values = candidate.arguments | candidate.trainer
        return [f"{name}={values[name]}" for name in (*self.choose, *self.choose_trainer)]


def _combine(choices: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]
