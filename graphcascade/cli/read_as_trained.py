"""Reads data for a saved model."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from graphcascade.cli.next_steps import option_words
from graphcascade.errors import UsageError
from graphcascade.options import ReadOptions

if TYPE_CHECKING:
    from graphcascade.models import Model
    from graphcascade.tasks import Task

__all__ = ["read_as_trained", "trained_reading"]

ANSWERS = ("label", "views")
"""Columns that new posts lack, because they are to be predicted."""

logger = logging.getLogger(__name__)


def read_as_trained(task: Task[Any, Any, Any, Any], model: Model, data: str, given: Mapping[str, Any]) -> Any:
    """Reads data with the options that the data of the training were read with, and logs them.

    Args:
        task: Task of the model.
        model: A saved model.
        data: A file, a folder or the name of a dataset.
        given: Options of reading that replace those of the training.

    Raises:
        GraphCascadeError: The data cannot be read.
    """
    files = trained_reading(model, data, given)
    while True:
        try:
            return task.read(data, files)
        except UsageError as error:
            name = error.argument
            if name not in ANSWERS or name in given or getattr(files, name) == getattr(ReadOptions, name):
                raise
            files = replace(files, **{name: getattr(ReadOptions, name)})


def trained_reading(model: Model, data: str, given: Mapping[str, Any]) -> ReadOptions:
    """Returns the options that the data of the training were read with, and logs them.

    Args:
        model: A model; one that is not trained has none.
        data: A file, a folder or the name of a dataset.
        given: Options of reading that replace those of the training.

    Raises:
        DataError: The options that were saved with the model cannot be read.
    """
    from graphcascade.tasks.saved_reading import restore_reading

    files = restore_reading(model, data, given)
    saved = {option.name: getattr(files, option.name) for option in fields(files) if option.name not in given}
    words = option_words([ReadOptions], saved)
    if words:
        logger.info("%s is read as the data of the training were, with %s.", data, shlex.join(words))
    return files
