"""Finds and loads the model of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphcascade.cli.run_folder import restore_run
from graphcascade.errors import DataError, MissingFileError, UsageError, shorten

if TYPE_CHECKING:
    from graphcascade.models import Model
    from graphcascade.models.next_user import CountingModel

__all__ = ["model_file", "open_counter", "open_model", "saved_seed"]


def model_file(path: Path, argument: str | None = None) -> Path:
    """Returns the model file of a run folder, or the path itself if it is no folder.

    Args:
        path: A run folder or a model file.
        argument: The argument that names it if it is an option, such as "counter".

    Raises:
        MissingFileError: The path does not exist.
        UsageError: The folder has no model, or the file is not a saved model.
    """
    from graphcascade.io.storage import is_tensor_file

    if not path.exists():
        raise MissingFileError(argument=argument, value=path, reason="there is no such run folder or model file")
    if path.is_dir():
        file = path / "model.safetensors"
        if not file.exists():
            restore_run(path)
        if not file.exists():
            raise UsageError(
                argument=argument,
                value=path,
                reason=f"there is no model.safetensors in this folder{_advise(path)}",
            )
        return file
    if path.is_file() and not is_tensor_file(path):
        hint = "the model comes before the data" if argument is None else "name a run folder or a model file"
        raise UsageError(argument=argument, value=path, reason=f"this is not a saved model; {hint}")
    return path


def _advise(path: Path) -> str:
    """Returns what to do about a folder without a model."""
    if not (path / "config.json").exists():
        return "; give the run folder of 'graphcascade fit'"
    again = "--resume" if (path / "checkpoints" / "last.ckpt").exists() else "--overwrite"
    command = f"graphcascade fit --config {path / 'config.json'} {again}"
    return f"; wait until 'graphcascade fit' has ended, or if it is not running, make the model with '{command}'"


def open_model(path: Path, argument: str | None = None, *, model_class: str | None = None) -> Model:
    """Loads the model of a run folder, or a model file.

    Args:
        path: A run folder or a model file.
        argument: The argument that names it if it is an option, such as "counter".
        model_class: Class of a model from outside the package, as ``package.module:Class``.

    Raises:
        GraphCascadeError: There is no model, it cannot be loaded, or its class is not known.
    """
    from graphcascade.models import load_model

    return load_model(model_file(path, argument), model_class)


def open_counter(path: Path) -> CountingModel:
    """Loads the counting baseline of --counter.

    Raises:
        GraphCascadeError: There is no model, it cannot be loaded, or it is no counting baseline.
    """
    from graphcascade.models.next_user import CountingModel

    baseline = open_model(path, "counter")
    if not isinstance(baseline, CountingModel):
        raise UsageError(
            argument="counter", value=path, reason=f"must be a counting baseline, not {type(baseline).__name__}"
        )
    return baseline


def saved_seed(model: Model, path: Path) -> int:
    """Returns the seed that was saved with a model; 0 if there is none.

    Raises:
        DataError: The seed is no whole number.
    """
    seed = (model.notes or {}).get("seed", 0)
    if not isinstance(seed, int):
        raise DataError(f"{path}: its seed is {shorten(repr(seed))}, which is not a whole number.")
    return seed
