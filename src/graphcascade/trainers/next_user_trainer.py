from __future__ import annotations

import logging
import math
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback, RichProgressBar

from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.data.fingerprints import merge_fingerprints
from graphcascade.data.seed import check_seed
from graphcascade.data.split import check_training, check_validation
from graphcascade.errors import UsageError
from graphcascade.evaluation import Protocol, Result, check_end, evaluate, find_protocol, predict_next_users
from graphcascade.loader import CascadeLoader
from graphcascade.models.next_user import NextUserModel, ScoringModel
from graphcascade.trainers.epoch_checkpoint import EpochCheckpoint
from graphcascade.trainers.fingerprint import fingerprint
from graphcascade.trainers.next_user_task import SCHEDULES, Diverged, NextUserTask
from graphcascade.trainers.run_folder import RunFolder
from graphcascade.training_defaults import BATCH_SIZE, LEARNING_RATE, MAX_EPOCHS, MONITOR, PATIENCE

__all__ = ["NextUserTrainer"]

logger = logging.getLogger(__name__)

Monitor = Literal["mrr", "loss", "either"]


class NextUserTrainer:
    """Trains and tests models of the next infected user: a thin layer over :class:`lightning.pytorch.Trainer`.

    Args:
        max_epochs: Most epochs; 50 by default.
        batch_size: Cascades in a batch; 32 by default.
        learning_rate: Adam's learning rate; 0.005 by default.
        weight_decay: Of Adam.
        schedule: Course of the learning rate: "constant", "linear" or "cosine" (down to zero), or "noam" (inverse
            square root after the warm-up).
        warmup_steps: Steps in which the learning rate rises to ``learning_rate``.
        gradient_clip: Longest gradient, by its Euclidean norm.
        patience: Epochs without an improvement on validation before training stops, 8 by default; ``None`` never stops
            it.
        monitor: What an improvement is: a higher mean reciprocal rank ("mrr"), a lower loss ("loss"), or one of the two
            ("either", the default: the rank may stay the same for some epochs while the loss falls). The weights of the
            epoch with the highest rank are kept, or, with "loss", those of the lowest loss.
        pool_size: Batches within which cascades are sorted by length, see :class:`~graphcascade.loader.CascadeLoader`.
        protocol: How validation and :meth:`test` rank.
        seed: Seed of dropout and of the order of the cascades.
        directory: Folder for checkpoints and logs (CSV, TensorBoard); without one nothing is kept, and training cannot
            be resumed.
        progress: Show a progress bar, on terminals.
        accelerator: As of Lightning: "cpu", "gpu", "auto".
        precision: As of Lightning: "32-true", "bf16-mixed", ...

    Attributes:
        diverged: Whether the last :meth:`fit` was stopped because its loss was not finite, or 10,000 times that of
            the untrained model.
        epochs: Epochs that the last :meth:`fit` ended with.
    """

    def __init__(
        self,
        max_epochs: int = MAX_EPOCHS,
        batch_size: int = BATCH_SIZE,
        learning_rate: float = LEARNING_RATE,
        weight_decay: float = 0.0,
        schedule: str = "constant",
        warmup_steps: int = 0,
        gradient_clip: float | None = None,
        patience: int | None = PATIENCE,
        monitor: Monitor = MONITOR,
        pool_size: int = 64,
        protocol: str | Protocol = "chronological",
        seed: int = 0,
        directory: str | Path | None = None,
        progress: bool = True,
        accelerator: str = "auto",
        precision: Any = "32-true",
    ) -> None:
        for name, value in (("learning_rate", learning_rate), ("gradient_clip", gradient_clip)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise UsageError(f"{name}={value}: must be a finite number above 0.")
        for name, value in (
            ("max_epochs", max_epochs),
            ("patience", patience),
            ("batch_size", batch_size),
            ("pool_size", pool_size),
        ):
            if value is not None and value < 1:
                raise UsageError(f"{name}={value}: must be at least 1.")
        if not (math.isfinite(weight_decay) and weight_decay >= 0):
            raise UsageError(f"weight_decay={weight_decay}: must be a finite number, 0 or more.")
        if schedule not in SCHEDULES:
            raise UsageError(f"schedule={schedule!r}: use one of {', '.join(SCHEDULES)}.")
        if warmup_steps < 0 or (schedule == "noam" and warmup_steps == 0):
            raise UsageError(f"warmup_steps={warmup_steps}: must be 0 or more, and above 0 for 'noam'.")
        find_protocol(protocol)
        check_seed(seed)
        if monitor not in ("mrr", "loss", "either"):
            raise UsageError(f"monitor={monitor!r}: use 'mrr', 'loss' or 'either'.")
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.warmup_steps = warmup_steps
        self.gradient_clip = gradient_clip
        self.patience = patience
        self.monitor = monitor
        self.pool_size = pool_size
        self.protocol = protocol
        self.seed = seed
        self.directory = None if directory is None else Path(directory)
        self.progress = progress
        self.accelerator = accelerator
        self.precision = precision
        self.diverged = False
        self.epochs = 0

    def fit(
        self,
        model: NextUserModel,
        train: CascadeDataset,
        val: CascadeDataset | None = None,
        resume: bool = False,
        overwrite: bool = False,
    ) -> NextUserModel:
        """Trains a model in place and returns it, with the weights of the best validation.

        Without validation data it trains for ``max_epochs`` and keeps the last weights: tune first, then train on
        everything. If the loss explodes it stops, says so, and goes back to the last good weights.

        Args:
            model: The model, over ``train.num_users`` users.
            train: Training cascades. Users that occur in none of them get the model's unknown row.
            val: Validation cascades, over the same users.
            resume: Go on after the last finished epoch in ``directory``: the weights are those of a run that was
                never interrupted (bit for bit on a CPU). A run that has ended trains nothing more. Model, data and
                settings must be those of the run there, except ``patience`` and, with schedules that do not depend on
                it, ``max_epochs``.
            overwrite: Replace the run in ``directory``, which stays until the first epoch of the new one has ended.

        Raises:
            UsageError: Other users; the test part of a split, or validation from another one; nothing to predict; a
                protocol that ranks ends of cascades, and a model that predicts none; ``resume`` without a directory, or
                of another run; a directory with a run, and neither ``resume`` nor ``overwrite``; a directory that
                another process uses.
            MissingFileError: ``resume`` without a checkpoint.
            DataError: ``resume`` with a damaged checkpoint.
            StorageError: The directory cannot be written to, or the disk is full.
            KeyboardInterrupt: After Ctrl-C; the epochs before are kept, and ``resume`` goes on from there.
        """
        if resume and self.directory is None:
            raise UsageError("resume needs a directory: without one nothing is kept.")
        train, val = as_dataset(train, "train"), None if val is None else as_dataset(val, "val")
        if val is not None and not np.array_equal(train.user_ids, val.user_ids):
            raise UsageError(
                f"{val.name} (validation) has other users than {train.name} (training): take both from the splits() "
                "of one dataset."
            )
        for part in (train,) if val is None else (train, val):
            if part.num_users != model.num_users:
                raise UsageError(f"the model has {model.num_users:,} users, {part.name} has {part.num_users:,}.")
            if not bool((part.table.size > 1).any()):
                raise UsageError(f"{part!r} has no cascade of two users, so there is nothing to predict.")
        check_training(train)
        check_validation(train, val)
        check_end(model, find_protocol(self.protocol))
        model.prepare(train)
        model.split = train.split
        model.trained_on = merge_fingerprints(model.trained_on, train.fingerprints)
        model.user_ids = train.user_ids
        model.time_unit = train.time_unit
        train_loader = self._loader(train)
        protocol = find_protocol(self.protocol)
        val_loader = None if val is None else CascadeLoader(protocol.limit(val), self.batch_size)
        task = self._task(
            train,
            model,
            self.learning_rate,
            self.weight_decay,
            self.schedule,
            self.warmup_steps,
            protocol,
            self._run(model, train, val),
        )
        torch.manual_seed(self.seed)
        epochs = EpochCheckpoint(
            task,
            train_loader,
            None if val is None else "val_loss" if self.monitor == "loss" else "val_mrr",
            "min" if self.monitor == "loss" else "max",
            self.patience,
            "val_loss" if self.monitor == "either" and val is not None else None,
            self.directory,
        )
        with nullcontext() if self.directory is None else RunFolder(self.directory).lock(), _quiet():
            if resume:
                epochs.load(self.max_epochs)
                epochs.repair_files()
            elif epochs.checkpoints is not None and epochs.checkpoints.last.exists() and not overwrite:
                raise UsageError(
                    f"{self.directory}: there is a run in this directory; resume=True goes on with it, overwrite=True "
                    "replaces it."
                )
            self.diverged = False
            if epochs.stops or epochs.epochs == self.max_epochs:
                reason = "stopped early" if epochs.stops else "is complete"
                logger.info(
                    "%s: the run %s after %d epochs; there is nothing left to train.",
                    self.directory,
                    reason,
                    epochs.epochs,
                )
            else:
                self._train(epochs, task, train_loader, val_loader)
            self.epochs = epochs.epochs
            model.load_state_dict(epochs.best_weights)
        return model.eval()

    def _train(
        self,
        epochs: EpochCheckpoint,
        task: NextUserTask,
        train_loader: CascadeLoader,
        val_loader: CascadeLoader | None,
    ) -> None:
        trainer = self._lightning(epochs)
        try:
            with _interruptible(trainer):
                trainer.fit(task, train_loader, val_loader)
        except Diverged as explosion:
            self.diverged = True
            logger.warning(
                "The loss exploded in epoch %d (%s): stopped, and back to the last good weights. Try a smaller "
                "learning rate than %g, or gradient clipping.",
                epochs.epochs + 1,
                explosion,
                self.learning_rate,
            )
        finally:
            epochs.close()

    def _loader(self, train: CascadeDataset) -> CascadeLoader:
        return CascadeLoader(train, self.batch_size, shuffle=True, pool_size=self.pool_size, seed=self.seed)

    def _task(self, train: CascadeDataset, *arguments: Any) -> NextUserTask:
        return NextUserTask(*arguments)

    def test(self, model: NextUserModel | ScoringModel, test: CascadeDataset, allow_overlap: bool = False) -> Result:
        """Tests a model; see :func:`~graphcascade.evaluation.evaluate`."""
        return evaluate(model, test, self.protocol, self.seed, allow_overlap=allow_overlap)

    def predict(self, model: NextUserModel | ScoringModel, data: CascadeDataset, k: int = 10) -> pd.DataFrame:
        """Names the next users of cascades; see :func:`~graphcascade.evaluation.predict_next_users`."""
        return predict_next_users(model, data, k)

    def _run(self, model: NextUserModel, train: CascadeDataset, val: CascadeDataset | None) -> dict[str, Any]:
        """What decides the numbers of a run, in plain values."""
        settings = ("batch_size", "learning_rate", "weight_decay", "schedule", "warmup_steps", "gradient_clip")
        run = {name: getattr(self, name) for name in (*settings, "monitor", "pool_size", "seed", "precision")}
        if self.schedule in ("linear", "cosine"):  # their course depends on it
            run["max_epochs"] = self.max_epochs
        arguments = ", ".join(f"{name}={value!r}" for name, value in model.config.items())
        return {
            "model": f"{type(model).__name__}({arguments})",
            "embedding": repr(model.embedding),
            "train": fingerprint(train),
            "val": fingerprint(val),
            "protocol": str(self.protocol),
            **run,
        }

    def _lightning(self, epochs: EpochCheckpoint) -> Trainer:
        callbacks: list[Callback] = [epochs]
        bar = self.progress and sys.stderr.isatty()
        if bar:
            callbacks.append(RichProgressBar(refresh_rate=20))
        return Trainer(
            max_epochs=self.max_epochs,
            accelerator=self.accelerator,
            devices=1,
            precision=self.precision,
            gradient_clip_val=self.gradient_clip,
            callbacks=callbacks,
            logger=False,
            enable_progress_bar=bar,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )


@contextmanager
def _interruptible(trainer: Trainer) -> Iterator[None]:
    """Ctrl-C is a KeyboardInterrupt again: Lightning ends the process, and ignores the next one for good."""
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
    """Keeps Lightning's notes on hardware and on its own settings away; errors pass."""
    noisy = logging.getLogger("lightning.pytorch")
    level = noisy.level
    noisy.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            yield
    finally:
        noisy.setLevel(level)
