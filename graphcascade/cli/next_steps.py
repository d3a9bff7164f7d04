"""Commands to go on with after a run that a baseline beats."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from graphcascade.options import ReadOptions
from graphcascade.options.task_options import protocol_groups

if TYPE_CHECKING:
    from graphcascade.tasks import Task

__all__ = ["suggest_commands"]


def suggest_commands(
    task: Task[Any, Any, Any, Any], model: str, data: str, read_options: ReadOptions, options: Mapping[str, Any]
) -> str:
    """Returns the commands that compare models and search for settings with the data and the protocol of a run.

    Args:
        task: Task of the run.
        model: Name of its model.
        data: Its data, as they were given.
        read_options: How the data are read.
        options: Options of the run by their flat names.
    """
    from graphcascade.cli.own_options import find_task

    groups: list[type[Any]] = [ReadOptions, *protocol_groups()]
    given = {option.name: option.default for group in groups for option in fields(group)}
    values = {name: (vars(read_options) | dict(options)).get(name, default) for name, default in given.items()}
    words = [data]
    for name, value in values.items():
        if value != given[name]:
            words += [f"--{name.replace('_', '-')}", str(value).lower() if isinstance(value, bool) else str(value)]
    shown = shlex.join(words)
    kind = "" if find_task(data, options) is task else f" --task {task.name}"
    return (
        f"To see which model suits these data: graphcascade compare {shown}{kind}\n"
        f"To search for better settings:       graphcascade tune {shown} --model {model}"
    )
