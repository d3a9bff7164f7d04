"""Finds the model file of a run."""

from __future__ import annotations

from pathlib import Path

from graphcascade.cli.run_folder import restore_run
from graphcascade.errors import MissingFileError, UsageError

__all__ = ["model_file"]


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
