from __future__ import annotations

import inspect
from dataclasses import dataclass, field, fields
from typing import Any

from graphcascade.errors import UsageError
from graphcascade.experiments.row import Row
from graphcascade.models import MODELS, HawkesProcess, NextUserModel, PoissonProcess, TrueHazards
from graphcascade.trainers import AdversarialTrainer, NextUserTrainer, Trainer

__all__ = ["UNREGISTERED_MODELS", "ModelRow"]

UNREGISTERED_MODELS: dict[str, type] = {"TrueHazards": TrueHazards, "Poisson": PoissonProcess, "Hawkes": HawkesProcess}
"""Models of experiments that are no part of the registry, because they cannot be saved."""


@dataclass(frozen=True, kw_only=True)
class ModelRow(Row):
    """A row whose figures are those of a fitted model.

    Args:
        model: Name of the model, or none, where the kind of experiment has rows without a model.
        arguments: Arguments of the model.
        trainer: Arguments of :class:`~graphcascade.trainers.NextUserTrainer`.
        fusion: Arguments of :class:`~graphcascade.nn.SourceFusion`, which replaces the user vectors; or none.
        social_dim: Number of dimensions of DeepWalk's vectors of the follow graph, which become the model's argument
            ``social_features``; 0 for none.
        adversary: Arguments of :class:`~graphcascade.trainers.AdversarialTrainer`, which then trains the model; or
            none.
    """

    model: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    trainer: dict[str, Any] = field(default_factory=dict)
    fusion: dict[str, Any] | None = None
    social_dim: int = 0
    adversary: dict[str, Any] | None = None

    @property
    def is_trained(self) -> bool:
        """Whether the model is trained in epochs, from a seed."""
        return self.model is not None and self.model in MODELS and issubclass(MODELS[self.model], NextUserModel)

    def check(self) -> None:
        """Checks that the model exists and that every setting has an effect on it.

        Raises:
            UnknownNameError: There is no model of that name.
            UsageError: A setting has no effect on the model; the trainer does not have an argument.
        """
        if self.model is None:
            names = {entry.name for entry in fields(self)} - {entry.name for entry in fields(Row)}
            self.require_unset(names, "the row has no model")
            return
        if self.model in UNREGISTERED_MODELS:
            self.require_unset(["fusion", "social_dim"], f"{self.model} has no user vectors")
            if self.model == "TrueHazards":
                self.require_unset(["arguments"], "TrueHazards has no arguments")
        else:
            MODELS[self.model]
        if not self.is_trained:
            reason = f"{self.model} is not trained in epochs"
            self.require_unset(["trainer", "adversary", "choose_trainer", "epochs"], reason)
        for setting in ("trainer", "choose_trainer"):
            _check_arguments(setting, getattr(self, setting, {}), _arguments(NextUserTrainer))
        own_arguments = _arguments(AdversarialTrainer) - _arguments(NextUserTrainer)
        _check_arguments("adversary", self.adversary or {}, own_arguments)


def _check_arguments(setting: str, values: dict[str, Any], known: set[str]) -> None:
    for name in values:
        if name not in known:
            raise UsageError(f"{setting} has no argument {name!r}: its arguments are {', '.join(sorted(known))}.")


def _arguments(trainer: type[NextUserTrainer]) -> set[str]:
    """The keyword-only arguments of a trainer and of its bases."""
    return {
        name
        for base in trainer.__mro__
        if issubclass(base, Trainer)
        for name, parameter in inspect.signature(base).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
