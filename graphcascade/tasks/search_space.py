"""The settings that a search tries: which values each of them may have."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from graphcascade.errors import DataError, UsageError, suggest
from graphcascade.io.lines import require_file
from graphcascade.io.yaml_text import parse_yaml
from graphcascade.models import Model
from graphcascade.options.task_options import option_groups
from graphcascade.tasks.candidate import Candidate
from graphcascade.tasks.value_range import ValueRange

__all__ = ["SearchSpace", "make_candidate", "read_space", "space_to_dict"]

SearchSpace = Mapping[str, ValueRange | tuple[Any, ...]]
"""For each setting, by the name of the option or of the model's argument, a range of numbers or a list of values."""


def read_space(path: str | Path) -> dict[str, ValueRange | tuple[Any, ...]]:
    """Reads a search space from a YAML or JSON file.

    Each setting has a list of values or a range::

        learning_rate: {low: 0.001, high: 0.05, log: true}
        dim: [32, 64, 128]

    Raises:
        MissingFileError: There is no such file.
        DataError: The file is not a search space; the message names the file and the setting.
    """
    file = require_file(str(path))
    try:
        content = parse_yaml(file.read_text(encoding="utf-8-sig"), str(path))
    except UnicodeDecodeError:
        content = None
    if not isinstance(content, dict) or not content:
        raise DataError(
            f"{path}: this is not a search space; give a YAML file with a range or a list of values for each setting, "
            "such as 'dim: [32, 64]'."
        )
    return {str(name): _parse(values, f"{path}, {name}") for name, values in content.items()}


def _parse(values: Any, place: str) -> ValueRange | tuple[Any, ...]:
    try:
        if isinstance(values, dict):
            return ValueRange.from_dict(values)
    except UsageError as error:
        raise DataError(f"{place}: {error}") from None
    if not isinstance(values, list) or not values:
        raise DataError(f"{place}: give a list of values or a range, such as [32, 64] or {{low: 0.1, high: 0.5}}.")
    if any(value is not None and not isinstance(value, bool | int | float | str) for value in values):
        raise DataError(f"{place}: the values of a list must be numbers, words, true, false or null.")
    return tuple(values)


def space_to_dict(space: SearchSpace) -> dict[str, Any]:
    """Returns a search space as plain values, as they are in a file."""
    return {name: asdict(values) if isinstance(values, ValueRange) else list(values) for name, values in space.items()}


def make_candidate(model: type[Model], options: type[Any], settings: Mapping[str, Any]) -> Candidate:
    """Divides settings into arguments of a model and options of its task. A name that is both is an argument.

    Args:
        model: Class of the model.
        options: Class of the options of its task.
        settings: Values by name.

    Raises:
        UsageError: There is neither an argument nor an option of how to train of a name.
    """
    arguments = list(inspect.signature(model).parameters)
    training = [option.name for group in option_groups(options) for option in fields(group) if _trains(group)]
    for name in settings:
        if name not in arguments and name not in training:
            hint = suggest(name, [*arguments, *training], f"it has {', '.join([*arguments, *training])}")
            raise UsageError(f"{model.__name__} has no setting {name!r} to search; {hint}")
    return Candidate(
        {name: value for name, value in settings.items() if name in arguments},
        {name: value for name, value in settings.items() if name not in arguments},
    )


def _trains(group: type[Any]) -> bool:
    return getattr(group, "of_training", False)
