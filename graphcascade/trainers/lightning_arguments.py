"""Which arguments of lightning.Trainer are passed on, and which ones a trainer sets itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Trainer as LightningTrainer

from graphcascade.errors import UsageError, suggest
from graphcascade.processes import num_processes

__all__ = ["check_lightning_arguments", "make_lightning_trainer"]

PASSED_ON = (
    "accelerator",
    "benchmark",
    "detect_anomaly",
    "deterministic",
    "devices",
    "inference_mode",
    "log_every_n_steps",
    "precision",
    "profiler",
)
SET_BY_OPTION: dict[str, tuple[str, Any]] = {
    "default_root_dir": ("directory", "runs/mine"),
    "enable_checkpointing": ("directory", "runs/mine"),
    "gradient_clip_val": ("gradient_clip", 1.0),
    "max_epochs": ("max_epochs", 10),
}
"""Arguments of this package's trainers, with an example, that set those of lightning.Trainer."""
SET_OTHERWISE = {
    "callbacks": "the argument callbacks of the trainers in Python",
    "enable_progress_bar": "--quiet, and in Python by the argument progress of the trainers",
    "logger": "the argument logger of the trainers in Python",
}


def check_lightning_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the arguments of lightning.Trainer if all of them can be passed on.

    Those that would change what an epoch is, such as ``limit_train_batches``, are not passed on: a resumed run must be
    the same as one that was not interrupted.

    Raises:
        UsageError: A trainer sets the argument itself, or it is not passed on, or unknown.
    """
    for name, value in arguments.items():
        given: dict[str, Any] = {"argument": "trainer_args", "value": {name: value}}
        if name in SET_BY_OPTION:
            reason = f"{name} of lightning.Trainer is set by another option; give"
            raise UsageError(reason, remedy=SET_BY_OPTION[name], **given)
        if name in SET_OTHERWISE:
            raise UsageError(f"{name} of lightning.Trainer is set by {SET_OTHERWISE[name]}", **given)
        if name not in PASSED_ON:
            hint = suggest(name, PASSED_ON, f"those that can be are {', '.join(PASSED_ON)}")
            raise UsageError(f"{name} cannot be passed on to lightning.Trainer; {hint}", **given)
    return dict(arguments)


def make_lightning_trainer(**arguments: Any) -> LightningTrainer:
    """Makes a trainer of Lightning.

    Raises:
        UsageError: Lightning does not accept a value, or has no such device; several devices are asked for in one
            process.
    """
    given = ", ".join(f"{name}={arguments[name]!r}" for name in PASSED_ON if name in arguments)
    try:
        trainer = LightningTrainer(**arguments)
    except (MisconfigurationException, ValueError, TypeError, RuntimeError, ImportError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise UsageError(f"lightning.Trainer does not accept {given}: {reason}.") from error
    if trainer.world_size > num_processes():
        reason = "a process trains on one device, such as [1] for the second GPU; start several with torchrun"
        raise UsageError(argument="devices", value=arguments["devices"], reason=reason)
    return trainer
