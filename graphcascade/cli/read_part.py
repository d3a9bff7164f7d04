"""Reads the part of data that a saved model is tested on."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from graphcascade.cli.next_steps import option_words
from graphcascade.cli.read_as_trained import read_as_trained
from graphcascade.errors import DataError, UsageError
from graphcascade.options import ReadOptions

if TYPE_CHECKING:
    from graphcascade.models import Model
    from graphcascade.tasks import Task

__all__ = ["read_part"]


def read_part(
    task: Task[Any, Any, Any, Any],
    model: Model,
    data: str,
    given: Mapping[str, Any],
    part: Literal["test", "val", "train", "all"],
    options: Any,
    seed: int,
) -> Any:
    """Reads data and returns a part of the split that the model was trained with.

    Args:
        task: Task of the model.
        model: A trained model.
        data: A file, a folder or the name of a dataset.
        given: Options of reading that replace those of the training.
        part: The part; "all" for all data.
        options: Options of the task that split as the training did.
        seed: Seed of the training.

    Raises:
        GraphCascadeError: The data cannot be read or split, or they are not those of the training.
    """
    dataset, _ = read_as_trained(task.read, model, data, given)
    dataset = task.add_saved_features(dataset, model, True)
    if part == "all":
        return dataset
    try:
        part_data = getattr(task.split(dataset, options, seed), part)
    except (DataError, UsageError) as error:
        problem = str(error).rstrip(".").partition("; ")[0]  # what follows is advice about another split
        raise DataError(
            argument="part",
            value=part,
            reason=f"{data} cannot be split like the training data ({problem}); test all {task.examples} with",
            remedy=("part", "all"),
        ) from None
    split = task.split_of(part_data)
    if model.split is not None and split is not None and model.split.digest != split.digest:
        changes, advice = _describe_changes(model, data, given)
        reason = f"the model was trained on a part of other {task.examples} than {data}{changes}"
        raise UsageError(
            argument="part",
            value=part,
            reason=f"{reason}; {advice}test all of them with",
            remedy=("part", "all"),
        )
    return part_data


def _describe_changes(model: Model, data: str, given: Mapping[str, Any]) -> tuple[str, str]:
    """Says which options may make the data differ from those of the training, and what to do, or two empty texts."""
    from graphcascade.tasks.saved_reading import restore_reading

    before, now = (vars(restore_reading(model, data, options)) for options in ({}, given))
    changed = {name: value for name, value in now.items() if value != before[name]}
    if not changed:
        return "", ""
    words = shlex.join(option_words([ReadOptions], changed)) or "the defaults"
    trained = shlex.join(option_words([ReadOptions], {name: before[name] for name in changed}))
    names = " and ".join(f"--{name.replace('_', '-')}" for name in changed)
    how = f"with {trained}" if trained else f"without {names}"
    return f" with {words} (for the training it was read {how})", f"leave {names} out, or "
