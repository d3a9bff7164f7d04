"""Finds the task of a command without a model, and options that belong to other tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graphcascade.errors import UsageError

if TYPE_CHECKING:
    from graphcascade.options.read_options import ReadOptions
    from graphcascade.tasks import Task

__all__ = ["find_task", "require_own_options"]


def find_task(data: str, read_options: ReadOptions, options: Mapping[str, Any]) -> Task[Any, Any, Any, Any]:
    """Returns the task that data and options suggest.

    Files of cascades are for several tasks; the first one that has all given options is chosen.

    Args:
        data: A file, a folder or the name of a dataset.
        read_options: How the data are read.
        options: Options by their flat names.
    """
    from graphcascade.options.task_options import other_tasks_options
    from graphcascade.tasks import TASKS, CascadeDataTask

    for task in TASKS.values():
        if task.recognizes(data, read_options):
            return task
    tasks = [task for task in TASKS.values() if isinstance(task, CascadeDataTask) and task.metric is not None]
    return next((task for task in tasks if not other_tasks_options(task.options, options)), tasks[0])


def require_own_options(task: Task[Any, Any, Any, Any], model: str, options: Mapping[str, Any]) -> None:
    """Raises an error if an option was given that belongs to other tasks only.

    Args:
        task: The task of the command.
        model: Name of a model of the task.
        options: Options by their flat names.

    Raises:
        UsageError: There is such an option.
    """
    from graphcascade.options.task_options import other_tasks_options
    from graphcascade.tasks import TASKS

    for name, tasks in other_tasks_options(task.options, options).items():
        owners = " and ".join(f"{other} ({TASKS[other].model_summary})" for other in tasks)
        raise UsageError(
            argument=name,
            value=options[name],
            reason=f"has no effect on {model}, which {task.model_summary}: it is an option of the task {owners}; leave "
            "it out",
        )
