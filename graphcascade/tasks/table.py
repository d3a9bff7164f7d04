"""The tasks by name, and the task of a model."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from graphcascade.errors import UsageError
from graphcascade.models import Model
from graphcascade.options.task_options import TASK_OPTIONS, option_groups
from graphcascade.tasks.cascade_size_task import CascadeSizeTask
from graphcascade.tasks.network_task import NetworkTask
from graphcascade.tasks.next_user_task import NextUserTask
from graphcascade.tasks.popularity_task import PopularityTask
from graphcascade.tasks.ranking_task import RankingTask
from graphcascade.tasks.task import Task

__all__ = ["TASKS", "register_task", "task_of"]

TASKS: dict[str, Task[Any, Any, Any, Any]] = {
    task.name: task for task in (NextUserTask(), NetworkTask(), RankingTask(), CascadeSizeTask(), PopularityTask())
}
"""Every task by its name. Their options are also in ``TASK_OPTIONS`` of :mod:`graphcascade.options`, without torch."""


def register_task(task: Task[Any, Any, Any, Any]) -> None:
    """Registers a task outside the package, so that the commands and saved models know it.

    Its options become options of ``graphcascade fit`` if it is registered before
    :func:`graphcascade.cli.program.main` is called.

    Args:
        task: The task.

    Raises:
        RuntimeError: There is a task of that name already, or another group has an option of the same name.
    """
    if task.name in TASKS:
        raise RuntimeError(f"task {task.name!r} is registered twice")
    known = {option.name: group for group in option_groups() for option in fields(group)}
    for group in option_groups(task.options):
        for option in fields(group):
            if known.get(option.name, group) is not group:
                other = known[option.name].__name__
                raise RuntimeError(f"{group.__name__} and {other} both have the option {option.name!r}; rename one.")
    TASKS[task.name] = task
    TASK_OPTIONS[task.name] = task.options


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
