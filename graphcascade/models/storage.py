"""Saved models: safetensors with a JSON description; the class comes from the registry, never from the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import graphcascade
from graphcascade.errors import DataError, UsageError
from graphcascade.io import read_described, write_described
from graphcascade.models.next_user import CountingModel, NextUserModel
from graphcascade.models.registry import MODELS

__all__ = ["FORMAT_VERSION", "load_model", "save_model"]

FORMAT_VERSION = 1


def save_model(model: NextUserModel | CountingModel, path: str | Path, **notes: Any) -> Path:
    """Writes a trained model to one file: weights, arguments, user ids, version.

    Args:
        model: A trained model.
        path: File to write.
        notes: Further plain values to keep with it, such as the protocol; :func:`load_model` gives them as ``notes``.

    Raises:
        UsageError: If the model was never trained.
    """
    if model.user_ids is None:
        raise UsageError(f"{type(model).__name__} was not trained yet: fit it before saving.")
    description = {
        "version": graphcascade.__version__,
        "model": type(model).__name__,
        "config": model.config,
        "user_ids": model.user_ids.tolist(),
        "notes": notes,
    }
    write_described(path, model.state_dict(), description, FORMAT_VERSION)
    return Path(path)


def load_model(path: str | Path) -> NextUserModel | CountingModel:
    """Reads a model that :func:`save_model` wrote; it predicts at once.

    Raises:
        MissingFileError: There is no such file.
        DataError: The file is not a saved model, is damaged, or was written in another format.
        UnknownNameError: Its class is not in the registry.
    """
    tensors, description = read_described(path, FORMAT_VERSION)
    if not isinstance(description, dict) or "model" not in description:
        raise DataError(f"{path}: not a saved model.")
    model: NextUserModel | CountingModel = MODELS[description["model"]](**description["config"])
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise DataError(
            f"{path}: its weights do not fit {description['model']} ({' '.join(str(error).split())}); train it again."
        ) from error
    model.user_ids = np.array(description["user_ids"], dtype=object)
    model.notes = description["notes"]
    return model.eval()
