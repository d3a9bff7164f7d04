from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch import Tensor

from graphcascade.models import Model
from graphcascade.tasks.comparison import Comparison
from graphcascade.tasks.fit_model import fit_model, write_result
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.run import Run
from graphcascade.tasks.task import Task
from graphcascade.tasks.warn_about_baselines import warn_about_baselines

if TYPE_CHECKING:  # it takes long to import, with lightning, and many commands do not train
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
        settings: What the folder's config.json says, as plain values. "data" and the options of reading are also saved
            with the model, so that commands read other data in the same way.
        notes: Plain values to save with the model, such as the protocol.
        tensors: Tensors to save with the model.
        resume: Whether to continue after the last finished epoch in the folder.

    Raises:
        GraphCascadeError: The model cannot be trained or tested on these data, or the folder cannot be written.
        KeyboardInterrupt: Training was interrupted; finished epochs are in the folder.
    """
    with nullcontext() if folder is None else folder.lock():
        model = fit_model(
            task,
            model,
            parts,
            trainer,
            folder=folder,
            settings=settings,
            notes=notes,
            tensors=tensors,
            resume=resume,
        )
        results = task.test(model, parts.test, trainer)
        for name, result in results.items():
            write_result(folder, name, result.to_dict())
        comparison = Comparison()
        reason = task.skip_comparison_reason(options)
        if reason is None:
            comparison = task.compare(model, parts, trainer, results["result"], options)
            warning = warn_about_baselines(task, model, parts.train, trainer, options, results["result"], comparison)
            comparison = replace(comparison, warning=warning)
            write_result(folder, "counters", [each.to_dict() for each in comparison.test])
            if comparison.times:
                write_result(folder, "time_baselines", [each.to_dict() for each in comparison.times])
            if comparison.validation:
                own, *others = comparison.validation
                compared = {
                    "model": own.to_dict(),
                    "baselines": [each.to_dict() for each in others],
                    "warning": comparison.warning,
                }
                write_result(folder, "validation", compared)
        else:
            logger.info("%s was not compared with counting baselines: %s.", results["result"].model, reason)
    return Run(model, results, comparison)
