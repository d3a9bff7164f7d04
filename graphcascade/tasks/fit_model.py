from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

from torch import Tensor

from graphcascade.io.json_file import write_json
from graphcascade.models import Model, save_model
from graphcascade.processes import is_first_process
from graphcascade.tasks.parts import Parts
from graphcascade.tasks.saved_reading import describe_reading
from graphcascade.tasks.task import Task

if TYPE_CHECKING:  # it takes long to import, with lightning, and many commands do not train
    from graphcascade.trainers.run_folder import RunFolder

__all__ = ["fit_model", "write_result"]


def fit_model(
    task: Task[Any, Any, Any, Any],
    model: Model,
    parts: Parts[Any],
    trainer: Any,
    *,
    folder: RunFolder | None = None,
    settings: Mapping[str, Any] | None = None,
    notes: Mapping[str, Any] | None = None,
    tensors: Mapping[str, Tensor] | None = None,
    resume: bool = False,
) -> Model:
    """Trains a model and saves it; see :func:`~graphcascade.tasks.fit_and_test` for the arguments and errors."""
    with ExitStack() as stack:
        if folder is not None:
            stack.enter_context(folder.lock())
            trainer.directory = folder.path
        with nullcontext() if folder is None or resume else folder.replace():
            if not resume:  # before training, so that an interrupted run can be resumed
                write_result(folder, "config", settings)
            model = task.fit(model, parts.train, parts.val, trainer, resume)
            write_result(folder, "config", settings)
            if folder is not None and is_first_process():
                saved = dict(notes or {})
                if settings is not None and "data" in settings:
                    saved |= {"data": settings["data"], "reading": describe_reading(settings["data"], settings)}
                save_model(model, folder.path / "model.safetensors", overwrite=True, tensors=tensors, **saved)
    return model


def write_result(folder: RunFolder | None, name: str, value: Any) -> None:
    """Writes a JSON file of a run folder; nothing if there is no folder or no value."""
    if folder is not None and value is not None and is_first_process():
        write_json(folder.path / f"{name}.json", value, overwrite=True)
