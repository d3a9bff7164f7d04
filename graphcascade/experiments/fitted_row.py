from __future__ import annotations

import hashlib
import inspect
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from typing_extensions import Self

from graphcascade.errors import UsageError, suggest
from graphcascade.experiments.row import Row
from graphcascade.models import MODELS, Model, find_model, make_model
from graphcascade.tasks import task_of
from graphcascade.trainers import Trainer

__all__ = ["FittedRow", "check_arguments", "trainer_arguments"]


@dataclass(frozen=True, kw_only=True)
class FittedRow(Row):
    """A row whose figures are those of a fitted model, of whatever task.

    Args:
        model: Name of the model, or ``package.module:Class`` for a class outside the package, whose module is imported
            also from the working directory; or none, where the kind of experiment has rows without a model.
        arguments: Arguments of the model.
        trainer: Arguments of the trainer of the model's task.
    """

    model: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    trainer: dict[str, Any] = field(default_factory=dict)

    @property
    def model_class(self) -> type[Model] | None:
        """Class of the model; ``None`` if the row has no model, or one that is not registered.

        Raises:
            UsageError: The module of a class outside the package cannot be imported, or has no such model.
        """
        if self.model is None or not (":" in self.model or self.model in MODELS):
            return None
        return find_model(self.model)

    @property
    def is_trained(self) -> bool:
        """Whether the model is trained in epochs, from a seed."""
        kind = self.model_class
        return kind is not None and task_of(kind).trains_in_epochs(kind)

    def settings(self) -> dict[str, Any]:
        """Returns every setting that a run depends on, and a digest of the code of a model outside the package."""
        settings = super().settings()
        if self.model is not None and ":" in self.model:
            code = Path(inspect.getfile(find_model(self.model))).read_bytes()
            settings["model code"] = hashlib.sha256(code).hexdigest()[:12]
        return settings

    @abstractmethod
    def trainer_class(self) -> type[Trainer[Any, Any]]:
        """Returns the class of the trainer."""

    def check_training(self, only_trained: Sequence[str] = ()) -> None:
        """Checks the settings of the training.

        Args:
            only_trained: Further settings that have no effect on models that are not trained in epochs.

        Raises:
            UsageError: The model is not trained in epochs, or the trainer does not have an argument.
        """
        if not self.is_trained:
            self.require_unset(["trainer", "choose_trainer", *only_trained], f"{self.model} is not trained in epochs")
        for setting in ("trainer", "choose_trainer"):
            check_arguments(setting, getattr(self, setting, {}), trainer_arguments(self.trainer_class()))

    def candidates(self) -> list[Self]:
        """Returns a row for each combination of the values to choose from: only this one if nothing is chosen."""
        return [self]

    def check_model(self, model: str | type[Model], sizes: Mapping[str, Any], **settings: Any) -> None:
        """Checks the values of the arguments: constructs a small model and the trainer, which check them.

        Args:
            model: Name of the model, or its class.
            sizes: Sizes of the data by the arguments of models, such as ``num_tweets``.
            settings: Further arguments of :func:`~graphcascade.models.make_model`.

        Raises:
            UsageError: An argument is unknown, of another type or out of range.
        """
        for row in self.candidates():
            with torch.device("meta"):  # takes no time for the weights
                make_model(model, 2, row.arguments, sizes=sizes, **settings)
            if row.is_trained:
                row.trainer_class()(**row.trainer)


def check_arguments(setting: str, values: dict[str, Any], known: set[str]) -> None:
    """Raises an error if a setting has an argument that is not known."""
    for name in values:
        if name not in known:
            hint = suggest(name, sorted(known), f"its arguments are {', '.join(sorted(known))}.")
            raise UsageError(f"{setting} has no argument {name!r}; {hint}")


def trainer_arguments(trainer: type[Trainer[Any, Any]]) -> set[str]:
    """Returns the keyword-only arguments of a trainer and of its bases."""
    return {
        name
        for base in trainer.__mro__
        if issubclass(base, Trainer)
        for name, parameter in inspect.signature(base).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
