from __future__ import annotations

import logging
import math
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint, RichProgressBar
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger

from graphcascade.data import CascadeDataset
from graphcascade.data.seed import check_seed
from graphcascade.data.split import check_training, check_validation
from graphcascade.errors import DataError, GraphCascadeError, StorageError, UsageError
from graphcascade.evaluation import Protocol, Result, check_end, evaluate, find_protocol, predict_next_users
from graphcascade.loader import CascadeLoader
from graphcascade.models.next_user import NextUserModel, ScoringModel
from graphcascade.trainers.checkpoints import Checkpoints, check_resumed, fingerprint
from graphcascade.trainers.next_user_task import SCHEDULES, Diverged, NextUserTask

__all__ = ["NextUserTrainer"]

logger = logging.getLogger(__name__)

Monitor = Literal["mrr", "loss"]


class _Randomness(Callback):
    """Carries torch's generator and the order of the cascades over a resume, as if nothing had happened.

    Lightning itself hands a loader its state in the middle of an epoch only.
    """

    state_key = "randomness"

    def __init__(self, loader: CascadeLoader) -> None:
        self.loader = loader
        self.generator: torch.Tensor | None = None

    def state_dict(self) -> dict[str, Any]:
        return {"generator": torch.get_rng_state(), "loader": self.loader.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.generator = state_dict["generator"]
        self.loader.load_state_dict(state_dict["loader"])

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        if self.generator is not None:
            torch.set_rng_state(self.generator)


# Lightning asks for the key of every callback six times a step, and makes it anew from its arguments: 3 % of a step.


class _Best(ModelCheckpoint):
    state_key = "best"

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        # The folder may have moved since; its files are still called the same.
        def here(path: str) -> str:
            return str(Path(str(self.dirpath)) / Path(path).name) if path else path

        paths = ("best_model_path", "kth_best_model_path", "last_model_path")
        moved: dict[str, Any] = {name: here(state_dict[name]) for name in paths}
        moved["dirpath"] = self.dirpath
        moved["best_k_models"] = {here(path): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict({**state_dict, **moved})


class _Stopping(EarlyStopping):
    state_key = "stopping"

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict({**state_dict, "patience": self.patience})  # may be another than before


class NextUserTrainer:
    """Trains and tests models of the next infected user: a thin layer over :class:`lightning.pytorch.Trainer`.

    Args:
        max_epochs: Most epochs.
        batch_size: Cascades in a batch.
        learning_rate: Of Adam.
        weight_decay: Of Adam.
        schedule: Course of the learning rate: "constant", "linear" or "cosine" (down to zero), or "noam" (inverse
            square root after the warm-up).
        warmup_steps: Steps in which the learning rate rises to ``learning_rate``.
        gradient_clip: Longest gradient, by its Euclidean norm.
        patience: Epochs without a better validation before training stops; ``None`` goes on.
        monitor: What "better" means: the validation's mean reciprocal rank, or its loss.
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
        max_epochs: int = 20,
        batch_size: int = 32,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.0,
        schedule: str = "constant",
        warmup_steps: int = 0,
        gradient_clip: float | None = None,
        patience: int | None = 5,
        monitor: Monitor = "mrr",
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
        if monitor not in ("mrr", "loss"):
            raise UsageError(f"monitor={monitor!r}: use 'mrr' or 'loss'.")
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
            resume: Go on from the last epoch that ``directory`` holds. Model, data and settings must be those of the
                run there, but for ``patience`` and, with schedules that do not depend on it, ``max_epochs``.
            overwrite: Replace the run that ``directory`` holds.

        Raises:
            UsageError: Other users; the test part of a split, or validation from another one; nothing to predict; a
                protocol that ranks ends of cascades, and a model that predicts none; ``resume`` without a directory, or
                of another run; a directory with a run, and neither ``resume`` nor ``overwrite``.
            MissingFileError: ``resume`` without a checkpoint.
            DataError: ``resume`` with a damaged checkpoint.
            StorageError: The directory cannot be written to, or the disk is full.
            KeyboardInterrupt: After Ctrl-C; the epochs before are kept, and ``resume`` goes on from there.
        """
        if resume and self.directory is None:
            raise UsageError("resume needs a directory: without one nothing is kept.")
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
        first = {name: value.detach().clone() for name, value in model.state_dict().items()}
        with self._folder() as folder, _quiet():
            checkpoints = folder / "checkpoints"
            last = checkpoints / "last.ckpt"
            if resume:
                check_resumed(last, task.run, self.max_epochs)
            elif last.exists() and not overwrite:
                raise UsageError(
                    f"{folder}: there is a run in this directory; resume=True goes on with it, overwrite=True replaces "
                    "it."
                )
            best = _Best(
                checkpoints,
                filename="best",
                monitor=None if val is None else f"val_{self.monitor}",
                mode="max" if self.monitor == "mrr" else "min",
                save_last=True,
                save_on_train_epoch_end=True,
                enable_version_counter=False,
            )
            self.diverged = False
            try:
                trainer = self._lightning(folder, [best, _Randomness(train_loader)], val is not None, resume)
                with _interruptible(trainer):
                    trainer.fit(task, train_loader, val_loader, ckpt_path=last if resume else None, weights_only=True)
            except Diverged as explosion:
                self.diverged = True
                logger.warning(
                    "The loss exploded in epoch %d (%s): stopped, and back to the last good weights. Try a smaller "
                    "learning rate than %g, or gradient clipping.",
                    trainer.current_epoch + 1,
                    explosion,
                    self.learning_rate,
                )
            except GraphCascadeError:
                raise
            except OSError as error:
                raise StorageError(f"{folder}: cannot be written to ({error.strerror or error}).") from error
            self.epochs = trainer.current_epoch
            kept = Path(best.best_model_path) if best.best_model_path else None
            if kept is not None and not kept.exists():
                raise DataError(f"{kept}: the checkpoint of the best epoch is gone; train again without resume.")
            if kept is not None:
                states = torch.load(kept, weights_only=True, map_location="cpu")["state_dict"]
                first = {name.removeprefix("model."): value for name, value in states.items() if name[:6] == "model."}
            if kept is not None or self.diverged:
                model.load_state_dict(first)
        return model.eval()

    def _loader(self, train: CascadeDataset) -> CascadeLoader:
        return CascadeLoader(train, self.batch_size, shuffle=True, pool_size=self.pool_size, seed=self.seed)

    def _task(self, train: CascadeDataset, *arguments: Any) -> NextUserTask:
        return NextUserTask(*arguments)

    def test(self, model: NextUserModel | ScoringModel, test: CascadeDataset) -> Result:
        """Tests a model; see :func:`~graphcascade.evaluation.evaluate`."""
        return evaluate(model, test, self.protocol, self.seed)

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

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        if self.directory is not None:
            yield self.directory
        else:
            with tempfile.TemporaryDirectory(prefix="graphcascade-") as folder:
                yield Path(folder)

    def _lightning(self, folder: Path, callbacks: list[Callback], validated: bool, resume: bool) -> Trainer:
        if validated and self.patience is not None:
            mode = "max" if self.monitor == "mrr" else "min"
            callbacks.append(_Stopping(f"val_{self.monitor}", patience=self.patience, mode=mode))
        bar = self.progress and sys.stderr.isatty()
        if bar:
            callbacks.append(RichProgressBar(refresh_rate=20))
        loggers: list[Logger] = []
        if self.directory is not None:
            loggers = [_csv_logger(folder, resume), TensorBoardLogger(folder, name="", version="logs")]
        return Trainer(
            max_epochs=self.max_epochs,
            accelerator=self.accelerator,
            devices=1,
            precision=self.precision,
            gradient_clip_val=self.gradient_clip,
            callbacks=callbacks,
            plugins=[Checkpoints()],
            logger=loggers,
            enable_progress_bar=bar,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            default_root_dir=folder,
        )


def _csv_logger(folder: Path, resume: bool) -> CSVLogger:
    """Lightning's logger begins an empty file; where training goes on, what the file has stays in it."""
    path = folder / "logs" / "metrics.csv"
    before = path.read_text(encoding="utf-8") if resume and path.exists() else ""
    csv_logger = CSVLogger(folder, name="", version="logs")
    writer = csv_logger.experiment
    if before:
        path.write_text(before, encoding="utf-8")
        writer.metrics_keys = before.splitlines()[0].split(",")
    return csv_logger


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
