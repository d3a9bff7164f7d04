"""Chooses the model of 'infer-network' and infers the network with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphcascade.cli.model_choice import open_model
from graphcascade.errors import UsageError

if TYPE_CHECKING:
    from torch_geometric.data import Data

    from graphcascade.data import CascadeDataset
    from graphcascade.models import DiffusionModel
    from graphcascade.models.next_user import AttributionKind, NextUserPredictor

__all__ = ["choose_network_model", "infer_graph"]


def choose_network_model(
    model: str, model_args: dict[str, Any], model_class: str | None, attribution: AttributionKind, share: float
) -> DiffusionModel | NextUserPredictor:
    """Loads a trained model, or constructs one that is fitted to all cascades.

    Args:
        model: Name of a model that infers networks, or the run folder of a trained model.
        model_args: Arguments of the model.
        model_class: Class of the saved model, if it is not one of the package.
        attribution: How to attribute infections to earlier events, for models with alignments.
        share: Smallest share of the cascades that a link must explain, for models with alignments.

    Raises:
        GraphCascadeError: There is no such model, it does not infer networks, or an option has no effect on it.
    """
    from graphcascade.analysis.infer_network import SHARE
    from graphcascade.models import DiffusionModel, find_model, make_model
    from graphcascade.models.next_user import NextUserPredictor

    path = Path(model)
    is_path = path.exists() or (":" not in model and (len(path.parts) > 1 or bool(path.suffix)))
    if is_path:
        learner = open_model(path, "model", model_class=model_class)
        if model_args:
            raise UsageError(argument="model_args", reason=f"{model} is trained already; leave them out")
        if isinstance(learner, NextUserPredictor) and learner.attributions:
            return learner
    elif issubclass(find_model(model), DiffusionModel):
        learner = make_model(model, 0, model_args)
    else:
        raise UsageError(
            argument="model", value=model, reason="train it first with 'graphcascade fit', and name its run folder here"
        )
    if not isinstance(learner, DiffusionModel):
        raise UsageError(
            argument="model",
            value=model,
            reason=f"{type(learner).__name__} infers no network; use Netrate or a CYANRNN",
        )
    for name, value, default in (("attribution", attribution, "alignment"), ("share", share, SHARE)):
        if value != default:
            reason = "is for models that align events, such as CYANRNN; leave it out"
            raise UsageError(argument=name, value=value, reason=reason)
    return learner


def infer_graph(
    model: DiffusionModel | NextUserPredictor,
    dataset: CascadeDataset,
    attribution: AttributionKind,
    share: float,
    progress: bool,
) -> Data:
    """Infers the network of cascades; a model that infers networks is fitted to them unless it is trained already.

    Raises:
        GraphCascadeError: The model was fitted to other users, or cannot infer a network from these cascades.
    """
    from graphcascade.analysis import infer_network
    from graphcascade.models import DiffusionModel

    if not isinstance(model, DiffusionModel):
        return infer_network(model, dataset, attribution, share)
    model.progress = progress
    if model.user_ids is None:
        return model.fit(dataset).graph
    if model.user_ids.tolist() != dataset.user_ids.tolist():
        raise UsageError(argument="model", reason=f"it was fitted to other users than those of {dataset.name}")
    return model.graph
