from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphcascade.options.sampling_options import SamplingOptions
from graphcascade.options.task_options import flatten_options, make_options
from graphcascade.options.training_options import TrainingOptions

__all__ = ["Candidate"]


@dataclass(frozen=True)
class Candidate:
    """Settings of a model, one of several that validation chooses from.

    Args:
        model_args: Arguments of the model that differ from its defaults.
        options: Options of its task that differ from those of the run, such as the learning rate, by their flat names.
    """

    model_args: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def apply(self, options: Any, trains_in_epochs: bool = True) -> Any:
        """Returns the options of a run with those of the candidate.

        Args:
            options: Options of the task.
            trains_in_epochs: Whether the model is trained in epochs; the options of the training and of its sampled
                loss are left out if it is not.
        """
        values = {**flatten_options(options), **self.options}
        if not trains_in_epochs:
            training = {**vars(TrainingOptions()), **vars(SamplingOptions())}
            values = {name: value for name, value in values.items() if name not in training}
        return make_options(type(options), values)

    def __str__(self) -> str:
        """The settings, such as "learning_rate=0.01, dropout=0.3", or "defaults"."""
        values = {**self.options, **self.model_args}
        shown = {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in values.items()}
        return ", ".join(f"{name}={value}" for name, value in shown.items()) or "defaults"
