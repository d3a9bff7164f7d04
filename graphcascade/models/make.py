from __future__ import annotations

import inspect
import logging
import typing
from collections.abc import Mapping
from types import NoneType
from typing import Any, TypeVar, overload

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import GraphCascadeError, UsageError, suggest
from graphcascade.models.embedding import DeepWalk
from graphcascade.models.find import find_model
from graphcascade.models.model import Model
from graphcascade.nn import FixedFeatures, GraphEmbedding, SourceFusion
from graphcascade.value_types import describe_type, parse_value, suggest_choice

__all__ = ["make_model", "make_model_for"]

logger = logging.getLogger(__name__)

ModelT = TypeVar("ModelT", bound=Model)


@overload
def make_model(
    model: type[ModelT],
    num_users: int,
    arguments: dict[str, Any],
    fusion: dict[str, Any] | None = None,
    sizes: Mapping[str, Any] | None = None,
    graph: dict[str, Any] | None = None,
    social_features: Tensor | int = 0,
) -> ModelT: ...


@overload
def make_model(
    model: str,
    num_users: int,
    arguments: dict[str, Any],
    fusion: dict[str, Any] | None = None,
    sizes: Mapping[str, Any] | None = None,
    graph: dict[str, Any] | None = None,
    social_features: Tensor | int = 0,
) -> Model: ...


def make_model(
    model: str | type[Model],
    num_users: int,
    arguments: dict[str, Any],
    fusion: dict[str, Any] | None = None,
    sizes: Mapping[str, Any] | None = None,
    graph: dict[str, Any] | None = None,
    social_features: Tensor | int = 0,
) -> Model:
    """Constructs a model whose arguments come from a user or a file.

    Args:
        model: A name as in :func:`find_model`, or a class.
        num_users: Number of users.
        arguments: Arguments of its class.
        fusion: Arguments of :class:`~graphcascade.nn.SourceFusion`, which replaces the user vectors, or ``None``.
        sizes: Further sizes of the data by the arguments that take them, such as ``num_tweets``.
        graph: Arguments of :class:`~graphcascade.nn.GraphEmbedding`, which replaces the user vectors, or ``None``.
        social_features: Fixed first dimensions of the user vectors, ``[num_users, k]``, see
            :class:`~graphcascade.nn.FixedFeatures`; or their number ``k``, which makes zeros.

    Raises:
        UnknownNameError: There is no model of that name.
        UsageError: The class does not have an argument, an argument has the wrong type; ``fusion``, ``graph`` or
            ``social_features`` is given for a model without user vectors, or two of them are given.
    """
    model_class = find_model(model) if isinstance(model, str) else model
    name = model if isinstance(model, str) else model.__name__
    types = typing.get_type_hints(model_class.__init__)
    sizes = {"num_users": num_users, **(sizes or {})}
    not_settable = (*sizes, "embedding", "progress", "image_encoder", "text_encoder")
    known = [argument for argument in inspect.signature(model_class).parameters if argument not in not_settable]
    parsed: dict[str, Any] = {}
    for argument, value in arguments.items():
        if argument not in known:
            hint = suggest(argument, known, f"its arguments are {', '.join(known) or 'none'}")
            reason = f"{name} has no argument {argument!r}; {hint}"
            raise UsageError(argument=argument, value=value, reason=reason)
        try:
            read = parse_value(value, types[argument])
        except TypeError:
            optional = " or null" if NoneType in typing.get_args(types[argument]) else ""
            reason = f"must be {describe_type(types[argument])}{optional}{suggest_choice(value, types[argument])}"
            raise UsageError(owner=name, argument=argument, value=value, reason=reason) from None
        parsed[argument] = read if isinstance(value, str) else value  # saved models keep 0 as 0, not as 0.0
    # A diffusion model takes the users from its data, and few models use all sizes.
    taken = {size: sizes[size] for size in sizes if size in inspect.signature(model_class).parameters}
    parsed = {**taken, **parsed}
    wanted = {
        "fuse with sources": fusion is not None,
        "pass along a graph": graph is not None,
        "extend by features of a follow graph": isinstance(social_features, Tensor) or social_features > 0,
    }
    uses = [use for use, is_wanted in wanted.items() if is_wanted]
    if uses:
        parameters = inspect.signature(model_class).parameters
        if "embedding" not in parameters:
            raise UsageError(f"{name} has no vectors of users to {uses[0]}; use another model, such as LSTM.")
        if len(uses) > 1:
            raise UsageError(f"it is not possible to {uses[0]} and to {uses[1]} at once; leave one of the two out.")
        size = {key: parsed.get(key, parameters[key].default) for key in ("dim", "std")}
        if fusion is not None:
            parsed["embedding"] = SourceFusion(num_users, **size, **fusion)
        elif graph is not None:
            parsed["embedding"] = GraphEmbedding(**size, **graph)
        elif "social_features" in parameters:
            parsed["social_features"] = social_features
        else:
            features = social_features if isinstance(social_features, Tensor) else [num_users, social_features]
            parsed["embedding"] = FixedFeatures(features, **size)
    try:
        return model_class(**parsed)
    except GraphCascadeError:
        raise
    except Exception:  # whatever the code of a class outside the package raises
        logger.error("%s: its constructor raised an error, which follows.", name)
        raise


@overload
def make_model_for(
    dataset: CascadeDataset,
    model: type[ModelT],
    arguments: dict[str, Any],
    fusion: dict[str, Any] | None = None,
    social_dim: int = 0,
    seed: int = 0,
    progress: bool = False,
    graph: dict[str, Any] | None = None,
) -> ModelT: ...


@overload
def make_model_for(
    dataset: CascadeDataset,
    model: str,
    arguments: dict[str, Any],
    fusion: dict[str, Any] | None = None,
    social_dim: int = 0,
    seed: int = 0,
    progress: bool = False,
    graph: dict[str, Any] | None = None,
) -> Model: ...


def make_model_for(
    dataset: CascadeDataset,
    model: str | type[Model],
    arguments: dict[str, Any],
    fusion: dict[str, Any] | None = None,
    social_dim: int = 0,
    seed: int = 0,
    progress: bool = False,
    graph: dict[str, Any] | None = None,
) -> Model:
    """Constructs a model for a dataset, with weights that the seed decides.

    Args:
        dataset: Dataset whose users, and follow graph if it is needed, the model takes.
        model: A name as in :func:`find_model`, or a class.
        arguments: Arguments of its class.
        fusion: As for :func:`make_model`.
        social_dim: Number of fixed dimensions of the users' vectors, which
            :class:`~graphcascade.models.embedding.DeepWalk` computes from the follow graph; 0 for none.
        seed: Seed of the weights and of DeepWalk.
        progress: Show a progress bar while DeepWalk is trained, on terminals and in notebooks.
        graph: Arguments of :class:`~graphcascade.nn.GraphEmbedding`, which replaces the user vectors, or ``None``.
            ``graph`` among them is "follow" for the follow graph, "cascades" for the graph of the training cascades, or
            "both".

    Raises:
        UnknownNameError: There is no model of that name.
        UsageError: As for :func:`make_model`; or the dataset has no follow graph, and ``social_dim`` or ``graph`` needs
            one.
    """
    features: Tensor | int = 0
    if social_dim:
        if dataset.follow_graph is None:
            raise UsageError(
                f"{dataset.name} has no follow graph; add one with with_follow_graph()",
                argument="social_dim",
                value=social_dim,
            )
        walks = DeepWalk(social_dim, seed=seed, progress=progress)
        features = walks.fit(dataset.follow_graph)
    torch.manual_seed(seed)
    encoder = None if graph is None else _graph_arguments(dataset, **graph)
    return make_model(model, dataset.num_users, arguments, fusion, graph=encoder, social_features=features)


def _graph_arguments(
    dataset: CascadeDataset, graph: str = "follow", cascade_window: int = 1, **arguments: Any
) -> dict[str, Any]:
    """Returns the arguments of the embedding over graphs of a dataset."""
    if graph not in ("follow", "cascades", "both"):
        raise UsageError(argument="graph", value=graph, reason="use 'follow', 'cascades' or 'both'")
    if graph != "cascades" and dataset.follow_graph is None:
        raise UsageError(
            f"{dataset.name} has no follow graph; add one with with_follow_graph(), or use 'cascades'",
            argument="graph",
            value=graph,
        )
    window = 0 if graph == "follow" else cascade_window
    return {
        "graph": dataset.num_users if graph == "cascades" else dataset.follow_graph,
        "cascade_window": window,
        **arguments,
    }
