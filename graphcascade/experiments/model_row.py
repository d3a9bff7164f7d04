from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from graphcascade.errors import UsageError
from graphcascade.experiments.fitted_row import FittedRow, check_arguments, trainer_arguments
from graphcascade.experiments.row import Row
from graphcascade.models import HawkesProcess, PoissonProcess, TrueHazards, find_model
from graphcascade.trainers import AdversarialTrainer, NextUserTrainer

__all__ = ["UNREGISTERED_MODELS", "ModelRow"]

UNREGISTERED_MODELS: dict[str, type] = {"TrueHazards": TrueHazards, "Poisson": PoissonProcess, "Hawkes": HawkesProcess}
"""Models of experiments that are no part of the registry, because they cannot be saved."""


@dataclass(frozen=True, kw_only=True)
class ModelRow(FittedRow):
    """A row whose figures are those of a fitted model of cascades.

    Args:
        fusion: Arguments of :class:`~graphcascade.nn.SourceFusion`, which replaces the user vectors; or none.
        social_dim: Number of dimensions of DeepWalk's vectors of the follow graph, which become the first dimensions of
            the user vectors; 0 for none.
        graph: Arguments of :class:`~graphcascade.nn.GraphEmbedding`, which replaces the user vectors, as for
            :func:`~graphcascade.models.make_model_for`; or none.
        adversary: Arguments of :class:`~graphcascade.trainers.AdversarialTrainer`, which then trains the model; or
            none.
    """

    fusion: dict[str, Any] | None = None
    social_dim: int = 0
    graph: dict[str, Any] | None = None
    adversary: dict[str, Any] | None = None

    def trainer_class(self) -> type[NextUserTrainer]:
        return NextUserTrainer

    def check(self) -> None:
        """Checks that the model exists and that every setting has an effect on it.

        Raises:
            UnknownNameError: There is no model of that name.
            UsageError: The class of a model outside the package cannot be imported; a setting has no effect on the
                model; the trainer does not have an argument.
        """
        if self.model is None:
            names = {entry.name for entry in fields(self)} - {entry.name for entry in fields(Row)}
            self.require_unset(names, "the row has no model")
            return
        if self.model in UNREGISTERED_MODELS:
            self.require_unset(["fusion", "social_dim", "graph"], f"{self.model} has no user vectors")
            if self.model == "TrueHazards":
                self.require_unset(["arguments"], "TrueHazards has no arguments")
        else:
            find_model(self.model)
        self.check_training(["adversary", "epochs"])
        own_arguments = trainer_arguments(AdversarialTrainer) - trainer_arguments(NextUserTrainer)
        check_arguments("adversary", self.adversary or {}, own_arguments)
        if self.model != "TrueHazards":  # it is made from its data
            model = UNREGISTERED_MODELS.get(self.model, self.model)
            self.check_model(model, {}, fusion=self.fusion, social_features=self.social_dim, graph=self._small_graph())
        if self.adversary is not None:
            AdversarialTrainer(**self.adversary, **self.trainer)

    def _small_graph(self) -> dict[str, Any] | None:
        """Returns the arguments of an embedding of two users, which checks them."""
        if self.graph is None:
            return None
        if self.graph.get("graph", "follow") not in ("follow", "cascades", "both"):
            raise UsageError(argument="graph", value=self.graph["graph"], reason="use 'follow', 'cascades' or 'both'")
        return {"cascade_window": 1, **self.graph, "graph": 2}
