from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack, nullcontext
from typing import Any

from torch import Tensor

from graphcascade.io.json_file import write_json
from graphcascade.models import Model, save_model
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.run import Run
from graphcascade.tasks.task import Task
from graphcascade.trainers.run_folder import RunFolder

__all__ = ["fit_and_test"]

logger = logging.getLogger(__name__)


def fit_and_test(
    task: Task[Any, Any, Any, Any],
    model: Model,
    parts: Parts[Any],
    trainer: Any,
    options: Any,
    *,
    folder: RunFolder | None = None,
    settings: Mapping[str, Any] | None = None,
    notes: Mapping[str, Any] | None = None,
    tensors: Mapping[str, Tensor] | None = None,
    resume: bool = False,
) -> Run:
    """Trains a model, saves it, tests it once, and compares it with the baselines of its task.

    Args:
        task: The task of the model.
        model: A model that :meth:`Task.make` or its class constructed; it is trained in place.
        parts: Training, validation and test data.
        trainer: A trainer of the task, such as :meth:`Task.trainer` constructs.
        options: Options of the task, which also decide whether the model is compared with the baselines.
        folder: Run folder for the model and all results; nothing is written without one. Its earlier run is replaced,
            unless it is resumed; see :class:`~graphcascade.trainers.run_folder.RunFolder`.
        settings: What the folder's config.json says, as plain values.
        notes: Plain values to save with the model, such as the protocol.
        tensors: Tensors to save with the model.
        resume: Whether to continue after the last finished epoch in the folder.

    Raises:
        GraphCascadeError: The model cannot be trained or tested on these data, or the folder cannot be written.
        KeyboardInterrupt: Training was interrupted; finished epochs are in the folder.
    """
    with ExitStack() as stack:
        if folder is not None:
            stack.enter_context(folder.lock())
            trainer.directory = folder.path
        with nullcontext() if folder is None or resume else folder.replace():
            if not resume:  # before training, so that an interrupted run can be resumed
                _write(folder, "config", settings)
            model = task.fit(model, parts.train, parts.val, trainer, resume)
            _write(folder, "config", settings)
            if folder is not None:
                save_model(model, folder.path / "model.safetensors", overwrite=True, tensors=tensors, **(notes or {}))
        results = task.test(model, parts.test, trainer)
        for name, result in results.items():
            _write(folder, name, result.to_dict())
        comparison = Comparison()
        reason = task.skip_comparison_reason(options)
        if reason is None:
            comparison = task.compare(model, parts, trainer, results["result"], options)
            _write(folder, "counters", [each.to_dict() for each in comparison.test])
            if comparison.validation:
                own, *others = comparison.validation
                compared = {
                    "model": own.to_dict(),
                    "baselines": [each.to_dict() for each in others],
                    "warning": comparison.warning,
                }
                _write(folder, "validation", compared)
        else:
            logger.info("%s was not compared with counting baselines: %s.", results["result"].model, reason)
    return Run(model, results, comparison)


def _write(folder: RunFolder | None, name: str, value: Any) -> None:
    if folder is not None and value is not None:
        write_json(folder.path / f"{name}.json", value, overwrite=True)
