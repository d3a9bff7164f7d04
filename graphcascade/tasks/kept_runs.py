from __future__ import annotations

import hashlib
import inspect
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import graphcascade
from graphcascade.data.digests import digest_data
from graphcascade.evaluation import Result
from graphcascade.models import Model, load_model
from graphcascade.options.task_options import flatten_options
from graphcascade.tasks.candidate import Candidate
from graphcascade.tasks.fit_model import fit_model, write_result
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.run import results_to_dict
from graphcascade.tasks.task import Task

if TYPE_CHECKING:  # these take long to import, and many commands do not train
    from lightning.pytorch.callbacks import Callback

    from graphcascade.trainers.run_folder import RunFolder

__all__ = ["KeptRuns"]

logger = logging.getLogger(__name__)


@dataclass
class KeptRuns:
    """Trains models of a task on the same split, and keeps each run, so that none is repeated after an interruption.

    Args:
        task: The task.
        data: All data, with their features.
        parts: The parts of the split.
        options: Options of the task, as :meth:`Task.prepare` returned them.
        directory: Folder with a run folder for each run; ``None`` keeps nothing.
        settings: What the configurations of the runs say beside options and model, as plain values.
        progress: Show progress bars, on terminals and in notebooks.
        total: Number of trainings in epochs that are to come, for messages; 0 if it is not known.

    Attributes:
        started: Number of those that were begun.
    """

    task: Task[Any, Any, Any, Any]
    data: Any
    parts: Parts[Any]
    options: Any
    directory: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    progress: bool = False
    total: int = 0
    started: int = field(default=0, init=False)

    def make(self, kind: type[Model], candidate: Candidate, seed: int) -> Model:
        """Constructs a model.

        Raises:
            UsageError: The model does not fit the data, or a setting is unknown or out of range.
        """
        options = self._options(kind, candidate)
        model: Model = self.task.make(kind, self.data, dict(candidate.model_args), options, seed, self.progress)
        return model

    def fit(self, kind: type[Model], candidate: Candidate, seed: int, callbacks: Sequence[Callback] = ()) -> Model:
        """Trains a model, continues its training after the last finished epoch, or loads it if it is trained already.

        Args:
            kind: Class of the model.
            candidate: Its settings.
            seed: Random seed.
            callbacks: Callbacks of Lightning, for models that are trained in epochs.

        Raises:
            GraphCascadeError: As for :func:`~graphcascade.tasks.fit_and_test`.
            KeyboardInterrupt: The training was interrupted; finished epochs are kept.
        """
        folder = self.folder(kind, candidate, seed)
        is_kept = folder is not None and (folder.path / "model.safetensors").exists()
        self._log(kind, candidate, seed, is_kept)
        if folder is not None and is_kept:
            return load_model(folder.path / "model.safetensors")
        options = self._options(kind, candidate)
        notes, tensors = self.task.describe_features(self.data)
        given = {"model": kind.__name__, "model_args": dict(candidate.model_args), "seed": seed}
        if folder is not None:
            given["out"] = folder.path
        trainer = self.task.trainer(options, seed, self.progress)
        if callbacks:
            trainer.callbacks += callbacks
        return fit_model(
            self.task,
            self.make(kind, candidate, seed),
            self.parts,
            trainer,
            folder=folder,
            settings={**self.settings, **given, **flatten_options(options)},
            notes={**self.task.notes(options), **notes, "seed": seed},
            tensors=tensors,
            resume=folder is not None and folder.has_checkpoint,
        )

    def validate(self, model: Model, candidate: Candidate, seed: int) -> float:
        """Returns the figure of a model on the validation data by which the task chooses models."""
        assert self.task.metric is not None
        return self._test(model, candidate, seed, self.parts.val)["result"][self.task.metric]

    def test(self, model: Model, candidate: Candidate, seed: int) -> Result:
        """Tests a model, and writes the results to its run folder."""
        results = self._test(model, candidate, seed, self.parts.test)
        folder = self.folder(type(model), candidate, seed)
        write_result(folder, "result", results_to_dict(results))
        return results["result"]

    def folder(self, kind: type[Model], candidate: Candidate, seed: int) -> RunFolder | None:
        """Returns the folder of a run, whose name has a digest of everything that the run depends on."""
        if self.directory is None:
            return None
        from graphcascade.trainers.run_folder import RunFolder  # takes long to import, with lightning

        key: dict[str, Any] = {
            "version": graphcascade.__version__,
            "task": self.task.name,
            "model": kind.__name__,
            "model_args": dict(candidate.model_args),
            "options": flatten_options(self._options(kind, candidate)),
            "seed": seed,
            "data": [digest_data(part) for part in (self.parts.train, self.parts.val)],
        }
        if not kind.__module__.startswith("graphcascade."):
            key["code"] = hashlib.sha256(Path(inspect.getfile(kind)).read_bytes()).hexdigest()
        digest = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()
        return RunFolder(self.directory / f"{kind.__name__}-{digest[:12]}")

    def _log(self, kind: type[Model], candidate: Candidate, seed: int, is_kept: bool) -> None:
        if not self.total or not self.task.trains_in_epochs(kind):
            return
        self.started += 1
        end = ": trained before" if is_kept else ""
        logger.info("%s, %s, seed %d (%d of %d)%s", kind.__name__, candidate, seed, self.started, self.total, end)

    def _test(self, model: Model, candidate: Candidate, seed: int, data: Any) -> dict[str, Result]:
        options = self._options(type(model), candidate)
        results: dict[str, Result] = self.task.test(model, data, self.task.trainer(options, seed, self.progress))
        return results

    def _options(self, kind: type[Model], candidate: Candidate) -> Any:
        return candidate.apply(self.options, self.task.trains_in_epochs(kind))
