"""Checkpoints of a run: whole or not at all, and resumed by the same run only."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io import atomic_path

__all__ = ["Checkpoints", "check_resumed", "fingerprint"]


class Checkpoints(TorchCheckpointIO):
    """Writes checkpoints whole: a full disk leaves the one before."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        with atomic_path(path, overwrite=True) as temporary:
            torch.save(checkpoint, temporary)


def check_resumed(path: Path, run: Mapping[str, Any], max_epochs: int) -> None:
    """Refuses to go on with another run than the one that a checkpoint is of.

    Args:
        path: The checkpoint.
        run: What decides the numbers of this run: model, data, settings.
        max_epochs: Epochs that this run is to have.

    Raises:
        MissingFileError: There is no checkpoint.
        DataError: It is damaged, or was not written by this library.
        UsageError: It is of another run, or has more epochs already.
    """
    if not path.exists():
        raise MissingFileError(f"nothing to resume: {path} does not exist; train without resume first.")
    try:
        saved = torch.load(path, weights_only=True, map_location="cpu")
        before, epochs = saved["run"], int(saved["epoch"]) + 1
    except (RuntimeError, KeyError, TypeError, EOFError, OSError, pickle.UnpicklingError):
        raise DataError(f"{path}: damaged, or not of a run like this one; train again without resume.") from None
    for name, value in run.items():
        if before.get(name) != value:
            raise UsageError(
                f"{path}: the run has {name}={before.get(name)}, this one {name}={value}; resume with the same, or "
                "train without resume in another directory."
            )
    if epochs > max_epochs:
        raise UsageError(f"{path}: the run has had {epochs} epochs; max_epochs={max_epochs} must be more.")


def fingerprint(data: CascadeDataset | None) -> str:
    """What tells data apart: their name, and the SHA-256 of who was infected when, in 12 digits."""
    if data is None:
        return "none"
    digest = hashlib.sha256()
    for tensor in (data.table.ptr, data.table.user, data.table.time):
        digest.update(tensor.numpy().tobytes())
    return f"{data.name} {digest.hexdigest()[:12]}"
