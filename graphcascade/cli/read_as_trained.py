"""Reads data for a saved model."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from graphcascade.cli.next_steps import option_words
from graphcascade.errors import UsageError
from graphcascade.options import ReadOptions

if TYPE_CHECKING:
    from graphcascade.models import Model

__all__ = ["read_as_trained"]

DataT = TypeVar("DataT")

COLUMNS = ("user", "item", "time", "cascade", "parent")
DROPPED_IF_UNFIT = ("label", "views", "time_unit", "time_format", "on_error", *COLUMNS)
"""Options of the training that are left out if new data do not allow them: new posts may have no column of labels,
dates have no unit, and formats that are no tables have neither columns nor rows to drop."""

logger = logging.getLogger(__name__)


def read_as_trained(
    read: Callable[[str, ReadOptions], DataT], model: Model, data: str, given: Mapping[str, Any]
) -> tuple[DataT, ReadOptions]:
    """Reads data with the options that the data of the training were read with, and logs them.

    Args:
        read: Reads data with some options, such as the method of a task.
        model: A model; one that is not trained has no such options.
        data: A file, a folder or the name of a dataset.
        given: Options of reading that replace those of the training.

    Returns:
        The data, and the options that they were read with.

    Raises:
        GraphCascadeError: The data cannot be read, or the options that were saved with the model.
    """
    from graphcascade.tasks.saved_reading import restore_reading

    files = restore_reading(model, data, given)
    saved = {option.name: getattr(files, option.name) for option in fields(files) if option.name not in given}
    words = option_words([ReadOptions], saved)
    if words:
        logger.info("%s is read as the data of the training were, with %s.", data, shlex.join(words))
    while True:
        try:
            return read(data, files), files
        except UsageError as error:
            name = error.argument
            if name not in DROPPED_IF_UNFIT or name in given or getattr(files, name) == getattr(ReadOptions, name):
                raise
            words = option_words([ReadOptions], {name: getattr(files, name)})
            logger.info("%s does not fit %s, and is left out.", shlex.join(words), data)
            files = replace(files, **{name: getattr(ReadOptions, name)})
