"""Saved models: safetensors with a JSON description; the class comes from the registry, never from the file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import graphcascade
from graphcascade.data import Split
from graphcascade.errors import DataError, UsageError
from graphcascade.io import read_described, write_described
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.models.next_user import NextUserModel, ScoringModel
from graphcascade.models.registry import MODELS
from graphcascade.nn import FixedFeatures, SourceFusion, UserEmbedding

__all__ = ["FORMAT_VERSION", "load_model", "save_model"]

FORMAT_VERSION = 1
PARTS = {"version", "model", "config", "user_ids", "notes", "split"}


def save_model(
    model: NextUserModel | ScoringModel | DiffusionModel, path: str | Path, *, overwrite: bool = False, **notes: Any
) -> Path:
    """Writes a trained model to one file: weights, arguments, user ids, unit of times, version.

    Args:
        model: A trained model.
        path: File to write.
        overwrite: Whether to replace a file that exists.
        notes: Further plain values to keep with it, such as the protocol; :func:`load_model` gives them as ``notes``.

    Raises:
        UsageError: The model was never trained; its class is not in the registry, or its embedding is one of your own,
            so that it could not be loaded; an argument that made it, or a note, is not a plain value.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    name = type(model).__name__
    if model.user_ids is None:
        raise UsageError(f"{name} was not trained yet: fit it before saving.")
    if name not in MODELS or MODELS[name] is not type(model):
        raise UsageError(f"{name} is not a registered model, so it could not be loaded: enter it in MODELS first.")
    description = {
        "version": graphcascade.__version__,
        "model": name,
        "config": model.config,
        "embedding": _embedding(model),
        "user_ids": model.user_ids.tolist(),
        "time_unit": model.time_unit,
        "split": None if model.split is None else asdict(model.split),
        "notes": notes,
    }
    try:
        write_described(path, model.state_dict(), description, FORMAT_VERSION, overwrite=overwrite)
    except TypeError as error:
        raise UsageError(
            f"{name} cannot be saved: its arguments and notes must be plain values ({error}); save its state_dict()."
        ) from error
    return Path(path)


def load_model(path: str | Path) -> NextUserModel | ScoringModel | DiffusionModel:
    """Reads a model that :func:`save_model` wrote; it predicts at once.

    Raises:
        MissingFileError: There is no such file.
        DataError: The file is not a saved model, is damaged, or was written in another format.
        UnknownNameError: Its class is not in the registry.
    """
    tensors, description = read_described(path, FORMAT_VERSION)
    if not isinstance(description, dict) or not description.keys() >= PARTS:
        raise DataError(f"{path}: not a saved model.")
    name, build = description["model"], MODELS[description["model"]]
    fusion = description.get("embedding")
    try:
        given = {} if fusion is None else {"embedding": SourceFusion(**fusion)}
        model: NextUserModel | ScoringModel | DiffusionModel = build(**description["config"], **given)
        model.load_state_dict(tensors)
    except (RuntimeError, TypeError, UsageError) as error:
        raise DataError(
            f"{path}: its weights do not fit {name} of graphcascade {graphcascade.__version__}, it was saved by "
            f"{description['version']} ({' '.join(str(error).split())}); train it again."
        ) from error
    model.user_ids = np.array(description["user_ids"], dtype=object)
    model.time_unit = description.get("time_unit")
    model.notes = description["notes"]
    split = description["split"]
    model.split = None if split is None else Split(**split | {"fractions": tuple(split["fractions"])})
    return model.eval()


def _embedding(model: NextUserModel | ScoringModel | DiffusionModel) -> dict[str, Any] | None:
    """What made an embedding that was given to the model; of others the model's own arguments tell."""
    if not isinstance(model, NextUserModel) or type(model.embedding) is UserEmbedding:
        return None
    if isinstance(model.embedding, SourceFusion):
        return model.embedding.config
    if isinstance(model.embedding, FixedFeatures) and model.config.get("social_features"):
        return None
    raise UsageError(
        f"{type(model).__name__} cannot be saved with an embedding of its own, {type(model.embedding).__name__}; "
        "save its state_dict()."
    )
