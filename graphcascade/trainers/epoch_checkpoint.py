from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any, Literal, Protocol

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from torch import Tensor, nn

from graphcascade.errors import UsageError
from graphcascade.trainers.checkpoints import Checkpoints, unusable
from graphcascade.trainers.trainer_state import load_random_state, load_trainer_state, trainer_state
from graphcascade.trainers.training_log import TrainingLog

__all__ = ["EpochCheckpoint", "EpochLoader", "ResumableModule"]


class EpochLoader(Protocol):
    """Loader of batches whose order depends on its seed and on the number of the epoch only.

    The number goes up when the last batch of an epoch is handed out, and not when an iteration begins: Lightning begins
    some that it does not use.
    """

    def __len__(self) -> int: ...

    def set_epoch(self, epoch: int) -> None: ...


class ResumableModule(Protocol):
    """What is needed of a training module: its model, and what decides the numbers of its run, as plain values."""

    first_loss: float | None  # the loss that a diverging one is compared with

    @property
    def model(self) -> nn.Module: ...

    @property
    def run(self) -> dict[str, Any]: ...

    def state_dict(self) -> dict[str, Tensor]: ...

    def load_state_dict(self, state_dict: dict[str, Tensor]) -> Any: ...


class EpochCheckpoint(Checkpoint):
    """Remembers the best weights, stops early, and keeps every finished epoch in the folder of the run.

    After each epoch it writes, in this order and each file completely or not at all:

    1. ``checkpoints/last.ckpt``: weights, optimizer, state of the random numbers, which epoch was the best, and the
       figures of all epochs.
    2. ``checkpoints/best.ckpt``: the weights, if this epoch was the best so far.
    3. ``logs/metrics.csv`` and TensorBoard's file.

    So ``last.ckpt`` alone says where a resumed run goes on, and the process may be killed between any two files: if the
    best epoch is the last one, its weights are those in ``last.ckpt``; otherwise ``best.ckpt`` was written in an
    earlier epoch. N epochs at once give the same weights and the same table as k epochs and the others later. Early
    stopping needs nothing but the number of the last epoch that was an improvement.

    Args:
        module: The training module, whose model has the weights that training starts from.
        loader: Loader of the training data.
        monitor: Logged figure that decides which epoch is the best; ``None`` means the last one.
        mode: Whether a higher ("max") or a lower figure ("min") is better.
        patience: Epochs without an improvement before training stops; ``None`` never stops it.
        second_monitor: Logged figure whose fall is an improvement, too, as far as ``patience`` is concerned; ``None``
            means that only ``monitor`` counts.
        folder: Folder of the run; ``None`` writes nothing.
        writes: Whether to write to the folder, or only to read from it as other processes of the same training do.

    Attributes:
        epochs: Number of finished epochs.
        best_epoch: Number of the best epoch, from 0, or -1 before the first.
        best_weights: Weights of the model after the best epoch, or before the first.
    """

    # Lightning asks each callback for its key six times a step, and derives it from the arguments unless it is fixed.
    state_key = "epochs"

    def __init__(
        self,
        module: ResumableModule,
        loader: EpochLoader,
        monitor: str | None = None,
        mode: Literal["max", "min"] = "max",
        patience: int | None = None,
        second_monitor: str | None = None,
        folder: Path | None = None,
        writes: bool = True,
    ) -> None:
        self.module = module
        self.loader = loader
        self.monitor = monitor
        self.sign = 1 if mode == "max" else -1
        self.patience = patience
        self.second_monitor = second_monitor
        self.lowest = math.inf  # of the second figure
        self.improved_epoch = -1
        self.epochs = 0
        self.best_epoch = -1
        self.best_score = -math.inf
        self.best_weights = _copy_weights(module.model)
        self.checkpoints = None if folder is None else Checkpoints(folder / "checkpoints", module.run)
        self.history = None if folder is None else TrainingLog(folder / "logs")
        self.writes = writes
        self._saved: dict[str, Any] | None = None

    @property
    def stops(self) -> bool:
        """Whether training ends because the last epochs brought no improvement."""
        if self.monitor is None or self.patience is None or self.epochs == 0:
            return False
        return self.epochs - 1 - self.improved_epoch >= self.patience

    def load(self, max_epochs: int) -> None:
        """Prepares the module to go on after the last finished epoch in the folder.

        Raises:
            MissingFileError: There is no checkpoint.
            DataError: A checkpoint is damaged, or was not written by this version of graphcascade.
            UsageError: The checkpoint is of another run, or of more epochs than ``max_epochs``.
        """
        assert self.checkpoints is not None
        assert self.history is not None
        path = self.checkpoints.last
        saved = self.checkpoints.read(path, {**self._state(), "metrics": list, "trainer": dict})
        epochs, best_epoch = saved["epoch"] + 1, saved["best_epoch"]
        if epochs > max_epochs:
            raise UsageError(
                argument="max_epochs",
                value=max_epochs,
                reason=f"must be more than {epochs}, the number of epochs that the run has had ({path})",
            )
        rows = saved["metrics"]
        if not all(self._is_row(row, epochs) for row in rows) or len({row["epoch"] for row in rows}) != epochs:
            raise unusable(path, "metrics are not those of its epochs")
        if not -1 <= best_epoch < epochs:
            raise unusable(path, f"epoch {best_epoch} cannot be the best of {epochs}")
        if not best_epoch <= saved["improved_epoch"] < epochs:
            raise unusable(path, f"epoch {saved['improved_epoch']} cannot be the last improvement of {epochs} epochs")
        if 0 <= best_epoch < saved["epoch"]:
            self.best_weights = self._read_best(best_epoch)
        self.module.load_state_dict(saved["state_dict"])
        if best_epoch == saved["epoch"]:
            self.best_weights = _copy_weights(self.module.model)
        self.module.first_loss = saved["first_loss"]
        self.epochs, self.best_epoch, self.best_score = epochs, best_epoch, saved["best_score"]
        self.improved_epoch, self.lowest = saved["improved_epoch"], saved["lowest"]
        self.history = TrainingLog(self.history.folder, rows)
        self._saved = saved["trainer"]

    def repair_files(self) -> None:
        """Writes what a process did not write because it was killed just after ``last.ckpt`` had been written."""
        assert self.history is not None
        if not self.writes:
            return
        if self.best_epoch == self.epochs - 1:
            self._write_best()
        self.history.write_table()

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._saved is None:
            return
        assert self.checkpoints is not None
        try:
            load_trainer_state(trainer, self._saved, self.epochs * len(self.loader))
        except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
            raise unusable(self.checkpoints.last, str(error)) from error
        self.loader.set_epoch(self.epochs)
        progress = trainer.fit_loop.epoch_progress
        for count in (progress.total, progress.current):
            for name in vars(count):  # epochs that were begun, processed, completed, ...
                setattr(count, name, self.epochs)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._saved is None:
            return
        assert self.checkpoints is not None
        try:
            load_random_state(trainer, self._saved)
        except (ValueError, TypeError, RuntimeError) as error:
            raise unusable(self.checkpoints.last, str(error)) from error
        self._saved = None  # its tensors are not needed any more

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        figures = {name: float(value) for name, value in trainer.callback_metrics.items()}
        score = float(self.epochs) if self.monitor is None else self.sign * figures[self.monitor]
        better = score > self.best_score
        if better:
            self.best_epoch, self.best_score = self.epochs, score
            for name, value in self.module.model.state_dict().items():
                self.best_weights[name].copy_(value)  # in place: a second copy of large tables would be in memory
        second = math.inf if self.second_monitor is None else figures[self.second_monitor]
        if better or second < self.lowest:
            self.improved_epoch, self.lowest = self.epochs, min(second, self.lowest)
        self.epochs += 1
        if self.stops:
            trainer.should_stop = True
        if self.writes and self.history is not None and self.checkpoints is not None:
            self.history.add(self.epochs - 1, self.epochs * len(self.loader) - 1, figures)
            self.checkpoints.write(self.checkpoints.last, {**self._state(), "trainer": trainer_state(trainer)})
            if better:
                self._write_best()
            self.history.write()

    def close(self) -> None:
        """Closes the files of the log."""
        if self.history is not None:
            self.history.close()

    def _state(self) -> dict[str, Any]:
        return {
            "epoch": self.epochs - 1,
            "best_epoch": self.best_epoch,
            "best_score": self.best_score,
            "improved_epoch": self.improved_epoch,
            "lowest": self.lowest,
            "first_loss": float(self.module.first_loss or 0),
            "state_dict": self.module.state_dict(),
            "metrics": None if self.history is None else self.history.rows,
        }

    def _write_best(self) -> None:
        assert self.checkpoints is not None
        self.checkpoints.write(self.checkpoints.best, {"epoch": self.best_epoch, "state_dict": self.best_weights})

    def _read_best(self, epoch: int) -> dict[str, Tensor]:
        assert self.checkpoints is not None
        path = self.checkpoints.best
        if not path.exists():
            raise unusable(path, "the checkpoint of the best epoch is missing")
        best = self.checkpoints.read(path, {"epoch": epoch, "state_dict": self.best_weights})
        if best["epoch"] != epoch:
            raise unusable(path, f"it is of epoch {best['epoch']}, but epoch {epoch} was the best")
        weights: dict[str, Tensor] = best["state_dict"]
        return weights

    def _is_row(self, row: Any, epochs: int) -> bool:
        """Whether this is a row of the log, with names that a file can hold."""
        if not (isinstance(row, dict) and all(isinstance(name, str) for name in row)):
            return False
        named = all(re.fullmatch(r"[\w@]+", name, re.ASCII) for name in row)
        limits = {"epoch": epochs, "step": epochs * len(self.loader)}
        counts = all(type(row.get(name)) is int and 0 <= row[name] < limit for name, limit in limits.items())
        return named and counts and all(type(value) is float for name, value in row.items() if name not in limits)


def _copy_weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().to("cpu", copy=True) for name, value in model.state_dict().items()}
