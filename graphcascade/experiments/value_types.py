from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from graphcascade.errors import DataError
from graphcascade.io.lines import shorten
from graphcascade.value_types import describe_type, has_type, yaml_hint

__all__ = ["check_value"]


def check_value(value: Any, annotation: Any, where: str) -> None:
    """Checks that a value that was read from YAML has the type of an annotation.

    Lists must not be empty: they would leave nothing to choose from. A name without a value is ``None`` in YAML.

    Args:
        value: The value.
        annotation: An annotation that consists of the types that YAML has.
        where: File and name of the value, for the message.

    Raises:
        DataError: The value has another type; the message names the expected one.
    """
    if isinstance(value, list) and not value and annotation is not Any:
        raise DataError(f"{where} is an empty list; give at least one value, or leave it out.")
    if value is None and not has_type(value, annotation):
        raise DataError(f"{where} is left empty; give it a value, or leave it out.")
    if not has_type(value, annotation):
        is_entry = get_origin(annotation) is list and has_type([value], annotation)
        hint = f", such as [{shorten(str(value))}]" if is_entry else yaml_hint(value, annotation)
        raise DataError(f"{where} is {shorten(repr(value))}; it must be {describe_type(annotation)}{hint}.")
    if get_origin(annotation) is dict and isinstance(value, Mapping):
        for name, entry in value.items():
            check_value(entry, get_args(annotation)[1], f"{where}.{name}")
