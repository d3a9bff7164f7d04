from __future__ import annotations

import logging
import math
import os
import signal
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypedDict, TypeVar

import torch
from lightning.pytorch import Trainer as LightningTrainer
from lightning.pytorch.callbacks import Callback, TQDMProgressBar
from lightning.pytorch.loggers import Logger
from lightning.pytorch.strategies import DDPStrategy
from torch import nn

from graphcascade.configured import Configured
from graphcascade.data.seed import check_seed
from graphcascade.errors import UsageError
from graphcascade.options import TrainingOptions
from graphcascade.processes import is_first_process, num_processes, process_number, start_processes
from graphcascade.progress import can_show_progress
from graphcascade.trainers.epoch_checkpoint import EpochCheckpoint, EpochLoader
from graphcascade.trainers.lightning_arguments import check_lightning_arguments, make_lightning_trainer
from graphcascade.trainers.optimization import Optimization
from graphcascade.trainers.run_folder import RunFolder
from graphcascade.trainers.training_module import Diverged, TrainingModule

__all__ = ["Trainer", "TrainerSettings"]

logger = logging.getLogger(__name__)

DataT = TypeVar("DataT")
ModelT = TypeVar("ModelT", bound=nn.Module)


class TrainerSettings(TypedDict, total=False):
    """The arguments of :class:`Trainer`, for the signatures of its subclasses."""

    max_epochs: int
    batch_size: int
    optimizer: str
    learning_rate: float
    weight_decay: float
    schedule: str
    warmup_steps: int
    gradient_clip: float | None
    patience: int | None
    monitor: str
    seed: int
    directory: str | Path | None
    progress: bool
    accelerator: str
    devices: Any
    precision: Any
    logger: Any
    callbacks: Any
    trainer_args: Any


class Trainer(Configured, ABC, Generic[DataT, ModelT]):
    """Base of the trainers of all tasks, a thin layer over :class:`lightning.pytorch.Trainer`.

    It has what the tasks share: the loop over epochs, checkpoints and resuming, early stopping, logs, and the end of a
    training that diverges. A subclass says how its data are loaded (:meth:`_loaders`), what its models are trained on
    (:meth:`_module`), and what is checked and set before (:meth:`_prepare`).

    Args:
        max_epochs: Maximum number of epochs; 50 by default.
        batch_size: Examples in a batch, such as cascades; 32 by default.
        optimizer: "adam" or "adagrad".
        learning_rate: Learning rate of the optimizer; 0.005 by default.
        weight_decay: L2 penalty of the optimizer.
        schedule: Course of the learning rate: "constant", "linear" or "cosine" (down to zero), or "noam" (inverse
            square root after the warm-up).
        warmup_steps: Steps in which the learning rate rises to ``learning_rate``.
        gradient_clip: Longest gradient, by its Euclidean norm; longer ones are scaled down to it.
        patience: Epochs without an improvement on validation before training stops, 8 by default; ``None`` never stops
            it.
        monitor: What an improvement is: one of :attr:`monitors`, such as a lower loss ("loss"); or, where there are
            two, any of them ("either"). The weights of the best epoch by this figure are kept, with "either" by the
            first.
        seed: Seed of dropout and of the order of the examples.
        directory: Folder for checkpoints and logs (CSV, TensorBoard); without one nothing is kept, and training cannot
            be resumed.
        progress: Show a progress bar, on terminals and in notebooks.
        accelerator: Passed to :class:`lightning.pytorch.Trainer`: "cpu", "gpu", "auto".
        devices: Passed to :class:`lightning.pytorch.Trainer`: 1, or the number of the device in a list, such as
            ``[1]`` for the second GPU.
        precision: Passed to :class:`lightning.pytorch.Trainer`: "32-true", "bf16-mixed", ...
        logger: A logger of Lightning or several, such as ``WandbLogger()``; they get the same figures as the logs in
            ``directory``.
        callbacks: Further callbacks of Lightning, such as one that reports each epoch.
        trainer_args: Further arguments of :class:`lightning.pytorch.Trainer`, such as ``{"deterministic": True}``.
            ``accelerator``, ``devices`` and ``precision`` may be there, too.

    Attributes:
        optimization: The settings of the optimizer.
        diverged: Whether the last :meth:`fit` was stopped because its loss was not finite, or 10,000 times that of
            the untrained model.
        epochs: Number of epochs after which the last :meth:`fit` ended.
        stopped_early: Whether the last :meth:`fit` ended because of ``patience``.
        callbacks: The further callbacks of Lightning, a list.

    Raises:
        UsageError: A setting that is unknown, of another type, or out of range; an argument in ``trainer_args`` that
            the trainer sets itself.
    """

    monitors: ClassVar[Mapping[str, Literal["max", "min"]]] = {"loss": "min"}
    """Figures of the validation that ``monitor`` may name, and whether a higher or a lower one is better."""
    settings: ClassVar[tuple[str, ...]] = ()
    """Names of the subclass's own arguments that decide the numbers of a run."""

    def __init__(
        self,
        *,
        max_epochs: int = 50,
        batch_size: int = 32,
        optimizer: str = "adam",
        learning_rate: float = 0.005,
        weight_decay: float = 0.0,
        schedule: str = "constant",
        warmup_steps: int = 0,
        gradient_clip: float | None = None,
        patience: int | None = TrainingOptions.patience,
        monitor: str = "loss",
        seed: int = 0,
        directory: str | Path | None = None,
        progress: bool = True,
        accelerator: str = "auto",
        devices: Any = 1,
        precision: Any = "32-true",
        logger: Logger | Sequence[Logger] | None = None,
        callbacks: Sequence[Callback] = (),
        trainer_args: Mapping[str, Any] | None = None,
    ) -> None:
        for name, value in (("max_epochs", max_epochs), ("patience", patience), ("batch_size", batch_size)):
            if value is not None and value < 1:
                raise UsageError(argument=name, value=value, reason="must be at least 1")
        self.optimization = Optimization(
            optimizer=optimizer,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            schedule=schedule,
            warmup_steps=warmup_steps,
        )
        if gradient_clip is not None and not (math.isfinite(gradient_clip) and gradient_clip > 0):
            raise UsageError(argument="gradient_clip", value=gradient_clip, reason="must be a finite number above 0")
        choices = [*self.monitors, *(["either"] if len(self.monitors) == 2 else [])]
        if monitor not in choices:
            raise UsageError(argument="monitor", value=monitor, reason=f"use one of {', '.join(map(repr, choices))}")
        check_seed(seed)
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.gradient_clip = gradient_clip
        self.patience = patience
        self.monitor = monitor
        self.seed = seed
        self.directory = None if directory is None else Path(directory)
        self.progress = progress
        self.lightning_arguments = {"accelerator": accelerator, "devices": devices, "precision": precision}
        self.lightning_arguments |= check_lightning_arguments(trainer_args or {})
        self.loggers = [logger] if isinstance(logger, Logger) else list(logger or [])
        self.diverged = False
        self.epochs = 0
        self.stopped_early = False
        self.callbacks = list(callbacks)

    @abstractmethod
    def _prepare(self, model: ModelT, train: DataT, val: DataT | None) -> tuple[DataT, DataT | None]:
        """Checks that model and data fit, sets what the model takes from the training data, and returns the data."""

    @abstractmethod
    def _loaders(self, model: ModelT, train: DataT, val: DataT | None) -> tuple[EpochLoader, Iterable[Any] | None]:
        """Returns the loaders of training and validation batches."""

    @abstractmethod
    def _module(self, model: ModelT, train: DataT, run: dict[str, Any]) -> TrainingModule:
        """Returns what Lightning trains; it is called after :meth:`_loaders`."""

    @abstractmethod
    def _fingerprint(self, data: DataT) -> str:
        """Returns an identifier of the data, which must be the same when a run is resumed."""

    def _describe_model(self, model: ModelT) -> dict[str, str]:
        """Returns what must be the same of the model when a run is resumed: "model", its class, and its arguments."""
        return {"model": type(model).__name__, "model.": repr(model)}

    def fit(
        self,
        model: ModelT,
        train: DataT,
        val: DataT | None = None,
        *,
        resume: bool = False,
        overwrite: bool = False,
    ) -> ModelT:
        """Trains a model in place and returns it, with the weights of the best validation.

        Without validation data it trains for ``max_epochs`` and keeps the last weights: tune first, then train on
        everything. If the loss diverges, training stops with a warning, and the last finite weights are restored.

        Args:
            model: The model.
            train: Training data.
            val: Validation data, which the best epoch is chosen by.
            resume: Go on after the last finished epoch in ``directory``: the weights are those of a run that was
                never interrupted (bit for bit on a CPU). A run that has ended trains nothing more. Model, data and
                settings must be those of the run there, except ``patience`` and, with schedules that do not depend on
                it, ``max_epochs``.
            overwrite: Replace the run in ``directory``, which stays until the first epoch of the new one has ended.

        Raises:
            UsageError: Model and data do not fit; ``resume`` without a directory, or of another run; a directory with
                a run, and neither ``resume`` nor ``overwrite``; a directory that another process uses; training
                with a directory diverged in the first epoch, so nothing was saved.
            MissingFileError: ``resume`` without a checkpoint.
            DataError: ``resume`` with a damaged checkpoint.
            StorageError: The directory cannot be written to, or the disk is full.
            KeyboardInterrupt: After Ctrl-C; the epochs before are kept, and ``resume`` goes on from there.
        """
        if not isinstance(model, nn.Module):
            raise UsageError(
                argument="model",
                value=model,
                reason="give a model, such as LSTM(num_users), and not its class or its name",
            )
        if resume and self.directory is None:
            reason = "needs a directory; without one nothing is kept"
            raise UsageError(argument="resume", value=True, reason=reason)
        start_processes()
        train, val = self._prepare(model, train, val)
        train_loader, val_loader = self._loaders(model, train, val)
        _divide(train_loader, val_loader)
        module = self._module(model, train, self._run(model, train, val))
        torch.manual_seed(self.seed)
        best_by = next(iter(self.monitors)) if self.monitor == "either" else self.monitor
        checkpoint = EpochCheckpoint(
            module,
            train_loader,
            None if val is None else f"val_{best_by}",
            self.monitors[best_by],
            self.patience,
            "val_loss" if self.monitor == "either" and val is not None else None,
            self.directory,
            writes=is_first_process(),
        )
        with nullcontext() if self.directory is None else RunFolder(self.directory).lock(), _quiet():
            if resume:
                checkpoint.load(self.max_epochs)
                checkpoint.repair_files()
            elif (
                is_first_process()
                and checkpoint.checkpoints is not None
                and checkpoint.checkpoints.last.exists()
                and not overwrite
            ):
                raise UsageError(
                    f"{self.directory}: there is a run in this directory; resume=True continues it, overwrite=True "
                    "replaces it."
                )
            self.diverged = False
            if checkpoint.stops or checkpoint.epochs == self.max_epochs:
                reason = "stopped early" if checkpoint.stops else "is complete"
                logger.info(
                    "%s: the run %s after %d epochs; there is nothing left to train.",
                    self.directory,
                    reason,
                    checkpoint.epochs,
                )
            else:
                self._train(checkpoint, module, train_loader, val_loader)
            self.epochs = checkpoint.epochs
            self.stopped_early = checkpoint.stops
            model.load_state_dict(checkpoint.best_weights)
        return model.eval()

    def _train(
        self, checkpoint: EpochCheckpoint, module: TrainingModule, train_loader: Any, val_loader: Iterable[Any] | None
    ) -> None:
        trainer = self._lightning(checkpoint)
        try:
            with _interruptible(trainer):
                trainer.fit(module, train_loader, val_loader)
        except Diverged as error:
            self.diverged = True
            if checkpoint.epochs == 0 and self.directory is not None:
                raise UsageError(
                    argument="learning_rate",
                    value=self.optimization.learning_rate,
                    reason=f"training diverged in the first epoch ({error}), and nothing was saved; try a smaller "
                    "learning rate",
                ) from None
            logger.warning(
                "Training diverged in epoch %d (%s) and was stopped; the last finite weights are restored. Try a "
                "smaller learning rate than %g, or gradient clipping.",
                checkpoint.epochs + 1,
                error,
                self.optimization.learning_rate,
            )
        finally:
            checkpoint.close()

    def _run(self, model: ModelT, train: DataT, val: DataT | None) -> dict[str, Any]:
        """Returns what decides the numbers of a run, as plain values."""
        own = ("batch_size", "gradient_clip", "monitor", "seed", *self.settings)
        run = {name: getattr(self, name) for name in own} | vars(self.optimization)
        run["precision"] = self.lightning_arguments["precision"]
        if self.optimization.depends_on_total:
            run["max_epochs"] = self.max_epochs
        return {  # settings come first: where runs differ, the first difference is reported
            **run,
            **self._describe_model(model),
            "train": self._fingerprint(train),
            "val": "none" if val is None else self._fingerprint(val),
        }

    def _lightning(self, epochs: EpochCheckpoint) -> LightningTrainer:
        callbacks: list[Callback] = [epochs, *self.callbacks]
        shows_bar = self.progress and can_show_progress() and is_first_process()
        if shows_bar:
            callbacks.append(TQDMProgressBar(refresh_rate=20))
        arguments: dict[str, Any] = {
            "max_epochs": self.max_epochs,
            "gradient_clip_val": self.gradient_clip,
            "callbacks": callbacks,
            "logger": self.loggers,
            "enable_progress_bar": shows_bar,
            "enable_model_summary": False,
            "num_sanity_val_steps": 0,
            "use_distributed_sampler": False,
        }
        return make_lightning_trainer(**arguments, **(self.lightning_arguments | self._devices()))

    @property
    def _takes_sparse_gradients(self) -> bool:
        """Whether tables can have sparse gradients, of which a step only changes the rows.

        In mixed precision with float16, gradients are scaled, which the updates of rows do not take into account.
        Several processes add up dense gradients only.
        """
        is_scaled = self.lightning_arguments["precision"] in (16, "16", "16-mixed")
        return self.optimization.takes_sparse_gradients and not is_scaled and num_processes() == 1

    def _warn_about_weight_decay(self, num_users: int) -> None:
        """Warns that a weight decay is slow with many users."""
        if self.optimization.weight_decay > 0:
            logger.warning(
                "The weight decay changes the vectors of all %s users in each step, so the time of a step grows with "
                "their number; train faster without it, with a weight decay of 0.",
                f"{num_users:,}",
            )

    def _devices(self) -> dict[str, Any]:
        """Returns the arguments of Lightning's trainer for processes that torchrun started; none for a single one."""
        if num_processes() == 1:
            return {}
        if self.lightning_arguments["devices"] != 1:
            reason = "torchrun has started several processes, each of which has a device; leave it out"
            raise UsageError(argument="devices", value=self.lightning_arguments["devices"], reason=reason)
        here = int(os.environ["LOCAL_WORLD_SIZE"])
        gpus = torch.cuda.device_count()
        if self.lightning_arguments["accelerator"] != "cpu" and 0 < gpus < here:
            reason = (
                f"{here} processes cannot share {gpus} GPUs; start as many as there are GPUs, or hide the GPUs with"
            )
            raise UsageError(f"{reason} CUDA_VISIBLE_DEVICES= to train on the CPU.")
        # Which weights a batch needs may differ between processes, and buffers are the same in all.
        strategy = DDPStrategy(find_unused_parameters=True, broadcast_buffers=False)
        return {"devices": here, "num_nodes": num_processes() // here, "strategy": strategy}


def _divide(*loaders: Any) -> None:
    """Divides the batches of loaders among the processes.

    Raises:
        UsageError: A loader cannot be divided.
    """
    if num_processes() == 1:
        return
    for loader in loaders:
        if loader is None:
            continue
        if not hasattr(loader, "divide"):
            raise UsageError(
                f"{type(loader).__name__} has no method divide, so train in one process, without torchrun."
            )
        loader.divide(process_number(), num_processes())


@contextmanager
def _interruptible(trainer: LightningTrainer) -> Iterator[None]:
    """Makes Ctrl-C a KeyboardInterrupt again: Lightning ends the process, and ignores the next one for good."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit:
        if not trainer.interrupted:
            raise
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
        raise KeyboardInterrupt from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Hides Lightning's notes on hardware and on its own settings; errors pass."""
    noisy = logging.getLogger("lightning.pytorch")
    level = noisy.level
    noisy.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            yield
    finally:
        noisy.setLevel(level)
