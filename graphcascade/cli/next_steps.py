"""Commands to go on with after a run or a comparison."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphcascade.options import ReadOptions
from graphcascade.options.task_options import protocol_groups

if TYPE_CHECKING:
    from graphcascade.tasks import Task

__all__ = ["option_words", "reading_settings", "suggest_commands", "suggest_prediction"]


def reading_settings(read_options: ReadOptions) -> dict[str, Any]:
    """Returns how the data of a run are read, by the names of the options, for its configuration.

    The file of ``--errors-out`` is left out: it exists after the run, and would not be replaced.
    """
    return {name: value for name, value in vars(read_options).items() if name != "errors_out"}


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

    values = reading_settings(read_options) | dict(options)
    shown = shlex.join([data, *option_words([ReadOptions, *protocol_groups()], values)])
    kind = "" if find_task(data, read_options, options) is task else f" --task {task.name}"
    return (
        f"To see which model suits these data: graphcascade compare {shown}{kind}\n"
        f"To search for better settings:       graphcascade tune {shown} --model {model}"
    )


def suggest_prediction(folder: Path, data: str, read_options: ReadOptions) -> str:
    """Returns the command that predicts for data with the model of a run folder."""
    names = ("root", "image_folder")  # paths; the other options of reading are saved with the model
    paths = {name: getattr(read_options, name) for name in names}
    return shlex.join(["graphcascade", "predict", str(folder), data, *option_words([ReadOptions], paths)])


def option_words(groups: Sequence[type[Any]], values: Mapping[str, Any]) -> list[str]:
    """Returns the options of some groups whose values are not the defaults, as they are typed."""
    words = []
    for option in (option for group in groups for option in fields(group)):
        value = values.get(option.name, option.default)
        if value != option.default:
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            words += [f"--{option.name.replace('_', '-')}", shown]
    return words
