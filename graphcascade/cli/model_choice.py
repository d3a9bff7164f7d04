"""Finds and loads the model of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphcascade.cli.run_folder import restore_run
from graphcascade.errors import MissingFileError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from graphcascade.models import Model

__all__ = ["model_file", "open_model"]


def model_file(path: Path, option: str = "") -> Path:
    """Returns the model file of a run folder, or the path itself if it is no folder.

    Args:
        path: A run folder or a model file.
        option: The option that names it, such as "--counter"; empty for the first argument of a command.

    Raises:
        MissingFileError: The path does not exist.
        UsageError: The folder has no model, or the file is not a saved model.
    """
    from graphcascade.io.storage import is_tensor_file

    given = f"{option} {path}".strip()
    if not path.exists():
        raise MissingFileError(f"{given}: there is no such run folder or model file.")
    if path.is_dir():
        file = path / "model.safetensors"
        if not file.exists():
            restore_run(path)
        if not file.exists():
            raise UsageError(f"{given}: there is no model.safetensors in this folder; has 'graphcascade fit' ended?")
        return file
    if path.is_file() and not is_tensor_file(path):
        hint = "name a run folder or a model file" if option else "the model comes before the data"
        raise UsageError(f"{given}: this is not a saved model; {hint}.")
    return path


def open_model(path: Path, option: str = "", *, model_class: str | None = None) -> Model:
    """Loads the model of a run folder, or a model file.

    Args:
        path: A run folder or a model file.
        option: The option that names it; empty for the first argument of a command.
        model_class: Class of a model from outside the package, as ``package.module:Class``.

    Raises:
        GraphCascadeError: There is no model, it cannot be loaded, or its class is not known.
    """
    from graphcascade.models import find_model, load_model

    expected = None if model_class is None else find_model(model_class, "model_class")
    try:
        model = load_model(model_file(path, option))
    except UnknownNameError as error:
        raise UsageError(
            f"{path}: {str(error).partition(':')[0]}; if it is a class of your own, name it with --model-class "
            "package.module:Class."
        ) from error
    if expected is not None and type(model) is not expected:
        raise UsageError(
            f"the saved model is a {type(model).__name__}; leave it out", argument="model_class", value=model_class
        )
    return model
