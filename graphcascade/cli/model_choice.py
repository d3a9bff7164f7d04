"""Finds the model file of a run."""

from __future__ import annotations

from pathlib import Path

from graphcascade.errors import UsageError

__all__ = ["model_file"]


def model_file(path: Path) -> Path:
    """Returns the model file of a run folder, or the path itself if it is no folder."""
    if path.is_dir() and not (path / "model.safetensors").exists():
        raise UsageError(f"{path}: there is no model.safetensors in this folder; has 'graphcascade fit' ended?")
    return path / "model.safetensors" if path.is_dir() else path
