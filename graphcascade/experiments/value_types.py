from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from graphcascade.errors import DataError
from graphcascade.io.lines import shorten

__all__ = ["check_value"]

NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false", dict: "names with values"}


def check_value(value: Any, annotation: Any, where: str) -> None:
    """Checks that a value that was read from YAML has the type of an annotation.

    Lists must not be empty: they would leave nothing to choose from.

    Args:
        value: The value.
        annotation: An annotation that consists of the types that YAML has.
        where: File and name of the value, for the message.

    Raises:
        DataError: The value has another type; the message names the expected one.
    """
    if not _fits(value, annotation):
        if isinstance(value, list) and not value:
            raise DataError(f"{where} is an empty list; give at least one value, or leave it out.")
        hint = (
            f", such as [{shorten(str(value))}]"
            if get_origin(annotation) is list and _fits([value], annotation)
            else ""
        )
        raise DataError(f"{where} is {shorten(repr(value))}; it must be {_describe(annotation)}{hint}.")
    if get_origin(annotation) is dict and isinstance(value, Mapping):
        for name, entry in value.items():
            check_value(entry, get_args(annotation)[1], f"{where}.{name}")


def _fits(value: Any, annotation: Any) -> bool:
    """Whether a value has a type; the values of mappings are checked separately."""
    origin, arguments = get_origin(annotation) or annotation, get_args(annotation)
    if origin is Any:
        return True
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in arguments)
    if origin is Literal:
        return value in arguments
    if origin is list:
        return isinstance(value, list) and len(value) > 0 and all(_fits(entry, arguments[0]) for entry in value)
    if origin is dict:
        return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)
    if isinstance(value, bool):
        return origin is bool
    return isinstance(value, int | float if origin is float else origin)


def _describe(annotation: Any) -> str:
    origin, arguments = get_origin(annotation) or annotation, get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(_describe(part) for part in arguments if part is not NoneType)
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}"
    if origin is list:
        return "a list" if arguments[0] is Any else f"a list, each {_describe(arguments[0])}"
    return NAMES[origin]
