from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from graphcascade.tasks.candidate import Candidate

__all__ = ["ModelTuning"]


@dataclass(frozen=True, eq=False)
class ModelTuning:
    """What a search for the settings of a model found.

    Args:
        model: Name of the model.
        metric: The figure on the validation data that was searched for, such as "MRR".
        lower_is_better: Whether a lower figure is better.
        table: A row for each trial: its number (``trial``), its ``state`` ("complete", "pruned" or "failed"), the
            validation figure (``value``; that of the last epoch if it was pruned), and a column for each setting.
        best: The settings with the best figure.
        value: Their figure on the validation data.
        default: The figure of the defaults, if they were tried.
        config: The options of ``graphcascade fit`` that train with the best settings, as plain values.
    """

    model: str
    metric: str
    lower_is_better: bool
    table: pd.DataFrame
    best: Candidate
    value: float
    default: float | None
    config: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Returns the search as plain values."""
        records = self.table.to_dict(orient="records")
        return {
            "model": self.model,
            "metric": self.metric,
            "lower_is_better": self.lower_is_better,
            "best": {**self.best.options, **self.best.model_args},
            "value": self.value,
            "default": self.default,
            "trials": [{name: None if pd.isna(value) else value for name, value in row.items()} for row in records],
        }
