"""What Lightning's trainer adds to the state of a task: optimizer, schedule, precision and random numbers."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch import Trainer
from torch import Tensor, nn
from torch.optim import Optimizer

from graphcascade.trainers.checkpoints import check_layout

__all__ = ["load_random_state", "load_trainer_state", "trainer_state"]


def trainer_state(trainer: Trainer) -> dict[str, Any]:
    """Returns the state at the end of an epoch, as plain values and tensors."""
    (optimizer,) = trainer.optimizers
    return {
        "optimizer": optimizer.state_dict()["state"],
        "learning_rates": [float(group["lr"]) for group in optimizer.param_groups],
        "schedulers": [config.scheduler.state_dict() for config in trainer.lr_scheduler_configs],
        "precision": trainer.precision_plugin.state_dict(),
        "random": _random_state(trainer),
    }


def load_trainer_state(trainer: Trainer, saved: dict[str, Any], steps: int) -> None:
    """Takes over all of the state but the random numbers.

    Args:
        trainer: The trainer, with its optimizer.
        saved: The state, as :func:`trainer_state` gave it.
        steps: Steps of the optimizer until then.

    Raises:
        ValueError: The state is not one of this trainer.
    """
    (optimizer,) = trainer.optimizers
    check_layout(saved, {**trainer_state(trainer), "optimizer": dict, "random": dict})
    _check_optimizer_state(saved["optimizer"], optimizer)
    groups = optimizer.state_dict()["param_groups"]
    for group, learning_rate in zip(groups, saved["learning_rates"], strict=True):
        group["lr"] = learning_rate
    optimizer.load_state_dict({"state": saved["optimizer"], "param_groups": groups})
    for config, state in zip(trainer.lr_scheduler_configs, saved["schedulers"], strict=True):
        if state["last_epoch"] != steps:  # schedulers count steps under this name
            raise ValueError(f"its schedule is at step {state['last_epoch']!r:.20}, not {steps}")
        config.scheduler.load_state_dict(state)
    trainer.precision_plugin.load_state_dict(saved["precision"])


def load_random_state(trainer: Trainer, saved: dict[str, Any]) -> None:
    """Takes over the state of the random numbers.

    Raises:
        ValueError: It is not a state of a generator.
        RuntimeError: The generator refuses it.
    """
    for device, state in _random_state(trainer).items():
        if device == "cpu" or device in saved["random"]:  # a run may move from a CPU to a GPU
            check_layout(saved["random"].get(device), state, f"random state of {device}")
    torch.set_rng_state(saved["random"]["cpu"])
    if "cuda" in saved["random"] and trainer.strategy.root_device.type == "cuda":
        torch.cuda.set_rng_state(saved["random"]["cuda"], trainer.strategy.root_device)


def _random_state(trainer: Trainer) -> dict[str, Tensor]:
    state = {"cpu": torch.get_rng_state()}
    if trainer.strategy.root_device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(trainer.strategy.root_device)
    return state


def _check_optimizer_state(saved: dict[Any, Any], optimizer: Optimizer) -> None:
    """Raises ValueError unless each entry is what the optimizer keeps of the parameter with this number."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    probe = nn.Parameter(torch.zeros(2, 3))  # what the optimizer keeps of it shows what it keeps of all
    probe.grad = torch.zeros(2, 3)
    trial = type(optimizer)([probe], **optimizer.defaults)
    trial.step()
    for number, entry in saved.items():
        if type(number) is not int or not 0 <= number < len(parameters):
            raise ValueError(f"optimizer: there is no parameter {number!r:.20}")
        layout = {
            name: parameters[number] if value.shape == probe.shape else value
            for name, value in trial.state[probe].items()
        }
        check_layout(entry, layout, f"optimizer's state of parameter {number}")
