"""Saved models: safetensors with a JSON description; the class comes from the registry or the caller, not the file."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import graphcascade
from graphcascade.data import Split
from graphcascade.errors import DataError, MissingFileError, UnknownNameError, UsageError
from graphcascade.features import Encoder, ImageEncoder, TextEncoder
from graphcascade.features.saved_encoder import describe_text_encoder, make_text_encoder
from graphcascade.io import read_tensors, write_tensors
from graphcascade.io.lines import shorten
from graphcascade.io.plain_values import check_fields, is_count, is_dict, is_time_unit, is_unique_strings
from graphcascade.io.storage import is_tensor_file
from graphcascade.models.find import find_model
from graphcascade.models.model import Model
from graphcascade.models.registry import MODELS
from graphcascade.nn import EMBEDDINGS, UserEmbedding

__all__ = ["FORMAT_VERSION", "load_model", "save_model"]

FORMAT_VERSION = 1
TRAINING_FINGERPRINTS = "training cascades"  # name of this tensor in the file; older files do not have it
NOTED = "noted: "  # begins the names of tensors that are no weights of the model
TORCH_ENDINGS = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle")
LOADING_ERRORS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""Errors that arguments of wrong types or sizes can cause when a model is constructed or its weights are loaded."""


def _is_split(value: Any) -> bool:
    return value is None or (
        is_dict(value)
        and {field.name for field in fields(Split) if field.default is MISSING} <= value.keys()
        and value.keys() <= {field.name for field in fields(Split)}
        and all(isinstance(value[name], str) for name in ("part", "method", "digest"))
        and is_count(value["seed"])
        and isinstance(value["fractions"], list)
        and len(value["fractions"]) == 3
        and all(isinstance(share, int | float) for share in value["fractions"])
    )


FIELDS = {
    "version": lambda value: isinstance(value, str),
    "model": lambda value: isinstance(value, str),
    "config": is_dict,
    "user_ids": is_unique_strings,
    "notes": is_dict,
    "split": _is_split,
    "embedding": lambda value: value is None or is_dict(value),
    "time_unit": is_time_unit,
    "long_wait": lambda value: value is None or (isinstance(value, int | float) and value >= 0),
}
"""Fields of the description of a saved model.

Files of earlier versions may have no ``time_unit`` and no ``long_wait``; only they have ``embedding``, the arguments of
a ``SourceFusion``.
"""


OPTIONAL = {"embedding": None, "time_unit": None, "long_wait": None}
"""Fields that the description of a saved model may lack, and what they are then."""


def save_model(
    model: Model,
    path: str | Path,
    *,
    overwrite: bool = False,
    tensors: Mapping[str, Tensor] | None = None,
    **notes: Any,
) -> Path:
    """Writes a trained model to one file: weights, arguments, user ids, unit of times, version, and fingerprints of
    the training cascades.

    Args:
        model: A trained model.
        path: File to write.
        overwrite: Whether to replace an existing file.
        tensors: Further tensors to save with the model, such as the weights of the encoder of its features;
            :func:`load_model` sets ``noted_tensors``.
        notes: Further plain values to save with the model, such as the protocol; :func:`load_model` sets ``notes``.

    Raises:
        UsageError: The path has an ending of torch's files, such as ".pt"; the model was not trained; its class or that
            of its embedding is not registered, so that it could not be loaded; or an argument or note is not a plain
            value.
        StorageError: The file exists, the folder is not writable, or the disk is full.
    """
    name = type(model).__name__
    if not isinstance(path, str | os.PathLike):
        raise UsageError(argument="path", value=path, reason="must be a path")
    if Path(path).suffix.lower() in TORCH_ENDINGS:
        reason = "models are written as safetensors, not in torch's format; let the name end in .safetensors"
        raise UsageError(argument="path", value=path, reason=reason)
    if model.user_ids is None:
        raise UsageError(f"{name} was not trained yet: fit it before saving.")
    if name not in MODELS or MODELS[name] is not type(model):
        raise UsageError(f"{name} is not a registered model, so it could not be loaded: register it in MODELS first.")
    description = {
        "version": graphcascade.__version__,
        "model": name,
        "config": {key: _plain(value, name, key) for key, value in model.config.items()},
        "user_ids": model.user_ids.tolist(),
        "time_unit": model.time_unit,
        "long_wait": model.long_wait,
        "split": None if model.split is None else asdict(model.split),
        "notes": notes,
    }
    saved = model.state_dict() | {f"{NOTED}{key}": value for key, value in (tensors or {}).items()}
    if model.training_fingerprints is not None:
        saved[TRAINING_FINGERPRINTS] = model.training_fingerprints
    try:
        write_tensors(path, saved, description, FORMAT_VERSION, overwrite=overwrite)
    except TypeError as error:
        raise UsageError(
            f"{name} cannot be saved: its arguments and notes must be plain values ({error}); save its state_dict()."
        ) from error
    return Path(path)


def load_model(
    path: str | Path, model_class: str | type[Model] | None = None, *, image_encoder: ImageEncoder | None = None
) -> Model:
    """Reads a model that :func:`save_model` wrote; it is in evaluation mode.

    Args:
        path: The file.
        model_class: Class of the model if it is not one of the package: the class itself, or its name as
            ``package.module:Class``, as for :func:`find_model`.
        image_encoder: Encoder of the same network and transform, if one was trained with the model (see
            :class:`AMNL`); it gets the trained weights. Encoders of texts are made from the file.

    Raises:
        MissingFileError: There is no such file.
        DataError: The file is not a saved model, is damaged, lacks an argument of its class, or has another format
            version.
        UnknownNameError: Its class is not registered, and ``model_class`` is not given; or the class of its embedding
            is not registered.
        UsageError: ``model_class`` is not the class of the saved model, or cannot be imported; the model needs an
            ``image_encoder``, or has none.
    """
    if not isinstance(path, str | os.PathLike):
        raise UsageError(argument="path", value=path, reason="must be a path")
    file = Path(path) / "model.safetensors"
    if file.is_file():
        raise MissingFileError(f"{path}: this is a folder; give the model in it, {file}.")
    if Path(path).is_file() and not is_tensor_file(path):
        raise DataError(f"{path}: not a model file; give one of save_model, or the model.safetensors of a run.")
    tensors, description = read_tensors(path, FORMAT_VERSION)
    if not isinstance(description, dict) or not description.keys() >= FIELDS.keys() - OPTIONAL.keys():
        raise DataError(f"{path}: not a saved model.")
    check_fields(path, OPTIONAL | description, FIELDS)
    known = tensors.pop(TRAINING_FINGERPRINTS, None)
    if known is not None and (known.dtype != torch.long or known.dim() != 1):
        raise DataError(
            f"{path}: not a saved model ({TRAINING_FINGERPRINTS!r} is {known.dtype} of {known.dim()} axes)."
        )
    noted = {key.removeprefix(NOTED): tensors.pop(key) for key in list(tensors) if key.startswith(NOTED)}
    name = description["model"]
    available = sum(tensor.numel() for tensor in tensors.values())
    encoders = _make_encoders(path, description["config"], image_encoder, available)
    kind = _find_class(path, name, model_class)
    _require_arguments(path, kind, description["config"], description)
    embedding = description["config"].get("embedding")
    if is_dict(embedding) and is_dict(embedding.get("config")) and str(embedding.get("name")) in EMBEDDINGS:
        _require_arguments(path, EMBEDDINGS[str(embedding["name"])], embedding["config"], description)
    build = functools.partial(kind, **encoders)
    description["config"] = {key: value for key, value in description["config"].items() if key not in encoders}
    try:
        _check_size(lambda: _construct(build, description), tensors)
        model = _construct(build, description)
        model.load_state_dict(tensors)
        if model.num_users != len(description["user_ids"]):
            raise UsageError(f"it has {model.num_users:,} users and {len(description['user_ids']):,} ids of users")
    except UnknownNameError:  # of an embedding
        raise
    except LOADING_ERRORS as error:
        raise DataError(
            f"{path}: its weights do not fit {name} of graphcascade {graphcascade.__version__}, it was saved by "
            f"{shorten(description['version'])} ({' '.join(str(error).split())}); train it again."
        ) from error
    model.user_ids = np.array(description["user_ids"], dtype=object)
    model.time_unit = description.get("time_unit")
    model.long_wait = description.get("long_wait")
    model.notes = description["notes"]
    model.noted_tensors = noted
    model.training_fingerprints = known
    split = description["split"]
    model.split = None if split is None else Split(**split | {"fractions": tuple(split["fractions"])})
    return model.eval()


def _find_class(path: str | Path, name: str, model_class: str | type[Model] | None) -> type[Model]:
    """Returns the class of a saved model.

    Raises:
        UnknownNameError: It is not registered, and no class is given.
        UsageError: The class that is given has another name, or cannot be imported.
    """
    if model_class is None:
        if name in MODELS:
            return MODELS[name]
        raise UnknownNameError(
            value=path,
            reason=f"its model {shorten(name)!r} is not one of graphcascade; if it is a class of your own, name its "
            "module and its class, such as",
            remedy=("model_class", f"my_models:{shorten(name)}"),
        )
    given = find_model(model_class, "model_class") if isinstance(model_class, str) else model_class
    if given.__name__ != name:
        advice = "leave it out" if name in MODELS else "give that class"
        reason = f"the model in {path} is of the class {shorten(name)}; {advice}"
        value = model_class if isinstance(model_class, str) else given.__name__
        raise UsageError(argument="model_class", value=value, reason=reason)
    return given


def _require_arguments(
    path: str | Path, kind: type[Any], config: Mapping[str, Any], description: Mapping[str, Any]
) -> None:
    """Checks that a file of this version has all arguments of a class, since a default may not be what was saved.

    Files of other versions may lack arguments that this version has added.

    Raises:
        DataError: An argument is missing.
    """
    if description["version"] != graphcascade.__version__:
        return
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    for name, parameter in inspect.signature(kind).parameters.items():
        given = name in config or (name == "embedding" and "embedding" in description)
        if not given and parameter.kind not in variable and name not in kind.unsaved:
            raise DataError(
                f"{path}: the argument {name!r} of {kind.__name__} is missing, so the file was changed or is "
                "incomplete; restore it, or train the model again."
            )


def _plain(value: Any, model: str, argument: str) -> Any:
    """Returns an argument of a model as a file has it: an embedding or an encoder as its name and its arguments.

    Raises:
        UsageError: The embedding is not registered.
    """
    if not isinstance(value, nn.Module):
        return value
    name = type(value).__name__
    if isinstance(value, ImageEncoder):
        return {"name": value.name}
    if isinstance(value, TextEncoder):
        return describe_text_encoder(value)
    if not isinstance(value, UserEmbedding) or name not in EMBEDDINGS or EMBEDDINGS[name] is not type(value):
        raise UsageError(
            f"{model} cannot be saved with a custom {argument}, {name}; register an embedding in EMBEDDINGS first, or "
            "save the state_dict() of the model."
        )
    return {"name": name, "config": value.config}


def _make_encoders(
    path: str | Path, config: Mapping[str, Any], image_encoder: ImageEncoder | None, available: int
) -> dict[str, Encoder]:
    """Returns the encoders that were trained with a model, by the arguments of its class; their weights come later.

    Raises:
        DataError: An encoder of texts cannot be read.
        UsageError: An encoder of images is missing, or is given for a model without one.
    """
    images, texts = config.get("image_encoder"), config.get("text_encoder")
    if images is not None and image_encoder is None:
        name = shorten(str(images.get("name"))) if is_dict(images) else "unknown"
        reason = (
            f"the model in {path} was trained with the encoder of images {name!r}; give one of the same network, as in "
        )
        raise UsageError(reason + "load_model(path, image_encoder=load_image_encoder('vgg16')) in Python.")
    if images is None and image_encoder is not None:
        reason = f"the model in {path} was trained without an encoder of images; leave it out"
        raise UsageError(argument="image_encoder", value=image_encoder.name, reason=reason)
    encoders: dict[str, Encoder] = {} if image_encoder is None else {"image_encoder": image_encoder}
    if texts is not None:
        encoders["text_encoder"] = make_text_encoder(texts, available=available)
    return encoders


def _construct(build: Callable[..., Model], description: dict[str, Any]) -> Model:
    config = dict(description["config"])
    embedding = config.pop("embedding", None)
    if description.get("embedding") is not None:  # from earlier versions: the arguments of a SourceFusion
        embedding = {"name": "SourceFusion", "config": description["embedding"]}
    if embedding is not None:
        config["embedding"] = EMBEDDINGS[embedding["name"]](**embedding["config"])
    return build(**config)


def _check_size(make: Callable[[], Model], tensors: dict[str, Tensor]) -> None:
    """Raises an error if the model is larger than the file, or if a tensor has another type.

    Args:
        make: Constructs the model. This happens on the meta device, where tensors take no memory. A custom model that
            cannot be constructed there is not checked.
        tensors: The tensors of the file.

    Raises:
        UsageError: The model does not fit the file.
    """
    try:
        with torch.device("meta"):
            expected = make().state_dict()
    except RuntimeError as error:
        if "meta" in str(error):
            return
        raise
    needed, available = (sum(tensor.numel() for tensor in state.values()) for state in (expected, tensors))
    if needed > available:
        raise UsageError(f"it describes {needed:,} numbers and has {available:,}")
    for name, tensor in expected.items():
        if name in tensors and _kind(tensors[name]) != _kind(tensor):
            raise UsageError(f"{name} is {tensors[name].dtype} instead of {tensor.dtype}")


def _kind(tensor: Tensor) -> torch.dtype:
    return torch.float64 if tensor.is_floating_point() else tensor.dtype
