"""The tasks by name, and the task of a model."""

from __future__ import annotations

from typing import Any

from graphcascade.errors import UsageError
from graphcascade.models import Model
from graphcascade.tasks.network_task import NetworkTask
from graphcascade.tasks.next_user_task import NextUserTask
from graphcascade.tasks.ranking_task import RankingTask
from graphcascade.tasks.task import Task

__all__ = ["TASKS", "task_of"]

TASKS: dict[str, Task[Any, Any, Any, Any]] = {
    task.name: task for task in (NextUserTask(), NetworkTask(), RankingTask())
}
"""Every task by its name."""


def task_of(model: Model | type[Model]) -> Task[Any, Any, Any, Any]:
    """Returns the task of a model or of a class of models.

    Raises:
        UsageError: The class belongs to no task.
    """
    kind = model if isinstance(model, type) else type(model)
    for task in TASKS.values():
        if issubclass(kind, task.model):
            return task
    bases = ", ".join(f"{task.model.__name__} ({task.name})" for task in TASKS.values())
    raise UsageError(f"{kind.__name__} belongs to no task; make it a subclass of one of {bases}.")
