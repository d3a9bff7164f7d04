from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
from torch import Tensor

from graphcascade.tasks import ModelComparison, Parts, Task, compare_models

__all__ = ["PredictionStudy"]


@dataclass(eq=False)
class PredictionStudy:
    """What the sections of a page about posts or retweets are made from; see :class:`Study` for cascades.

    Args:
        task: The task of the data, whose predictions can be shown on a page.
        data: All data, with their features.
        options: Options of the task.
        models: Names of the learned models to compare with counting; a few that suit the task if ``None``.
        budget: Minutes after which no further training begins.
        seed: Random seed of the split and the weights.
        progress: Show progress bars, on terminals and in notebooks.
    """

    task: Task[Any, Any, Any, Any]
    data: Any
    options: Any
    models: Sequence[str] | None = None
    budget: float = 1.0
    seed: int = 0
    progress: bool = False

    @cached_property
    def parts(self) -> Parts[Any]:
        """The data for training, validation and test."""
        return self.task.split(self.data, self.options, self.seed)

    @cached_property
    def comparison(self) -> ModelComparison:
        """Models and baselines, tested on the same data."""
        return compare_models(
            self.task,
            self.data,
            self.models,
            self.task.without_data_options(self.options),  # the data have their features already
            seeds=1,
            seed=self.seed,
            budget=self.budget,
            progress=self.progress,
            parts=self.parts,
        )

    @cached_property
    def data_to_predict(self) -> Any:
        """The data that predictions are shown for."""
        return self.task.to_predict(self.data, self.parts)

    @cached_property
    def predicted(self) -> pd.DataFrame:
        """Predictions of the best model."""
        return self.task.predict(self.comparison.best_model, self.data_to_predict)

    @property
    def saved_notes(self) -> Mapping[str, Any]:
        """What is saved with the best model, as plain values."""
        return {**self.task.notes(self.options), **self.task.describe_features(self.data)[0], "seed": self.seed}

    @property
    def saved_tensors(self) -> Mapping[str, Tensor]:
        """Tensors that are saved with the best model."""
        return self.task.describe_features(self.data)[1]
