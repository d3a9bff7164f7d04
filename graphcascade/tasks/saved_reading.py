"""How the data of a model were read, which is saved with it, so that other data are read in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from graphcascade.errors import DataError, shorten
from graphcascade.io.lines import name_ending
from graphcascade.models import Model
from graphcascade.options import ReadOptions
from graphcascade.value_types import has_type

__all__ = ["describe_reading", "restore_reading"]

PATHS = ("errors_out", "image_folder", "root")
"""Options of reading that are not saved with a model, since they are paths on a computer."""
FORMAT_OPTIONS = ("format", "sep", "encoding", "sheet")
"""Options that are used again only for files with the same ending."""
ALTERNATIVES = {"label": "views", "views": "label"}
"""Options of which only one can be given."""


def describe_reading(data: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Returns how data are read, for the file of a model, as plain values.

    Args:
        data: A file, a folder, or the name of a dataset.
        options: Options of reading by their names; others are ignored.

    Returns:
        "form", which is "file", "folder" or "dataset"; "ending" of the file; and "options", those that are not at
        their defaults.
    """
    given = {
        option.name: options[option.name]
        for option in fields(ReadOptions)
        if option.name not in PATHS and options.get(option.name, option.default) != option.default
    }
    form = _form(data)
    return {"form": form, "ending": name_ending(data) if form == "file" else "", "options": given}


def restore_reading(model: Model, data: str, given: Mapping[str, Any]) -> ReadOptions:
    """Returns options that read data as those of the training were read.

    What was saved with the model is used for data of the same form: for other files if it was trained on a file,
    and for other folders if it was trained on a folder. The format, the separator, the encoding and the sheet are only
    used for files with the same ending.

    Args:
        model: A saved model; those of earlier versions lack the entry, and then only ``given`` is used.
        data: A file, a folder, or the name of a dataset.
        given: Options that replace those of the training.

    Raises:
        DataError: The entry cannot be read.
    """
    saved = (model.notes or {}).get("reading", {})
    kinds = get_type_hints(ReadOptions)
    options = saved.get("options", {}) if isinstance(saved, dict) else None
    if not isinstance(options, dict):
        raise DataError(f"the model was saved with options of reading that cannot be read ({shorten(repr(saved))}).")
    for name, value in options.items():
        if name not in kinds or name in PATHS or not has_type(value, kinds[name]):
            raise DataError(
                "the model was saved with options of reading that cannot be read "
                f"({shorten(name)!r}: {shorten(repr(value))})."
            )
    if saved.get("form") != _form(data):
        options = {}
    elif saved.get("ending") != name_ending(data):
        options = {name: value for name, value in options.items() if name not in FORMAT_OPTIONS}
    options = {name: value for name, value in options.items() if ALTERNATIVES.get(name) not in given}
    return ReadOptions(**{**options, **given})


def _form(data: str) -> str:
    path = Path(data)
    return "folder" if path.is_dir() else "file" if path.exists() else "dataset"
