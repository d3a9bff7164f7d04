"""Checks values against annotations, with jsonargparse, and says in words what an annotation asks for."""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from jsonargparse import ArgumentError, ArgumentParser

__all__ = ["describe_type", "parse_value"]

NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "text", dict: "names with values"}


def parse_value(value: Any, kind: Any) -> Any:
    """Returns a value as an annotation asks for it; texts are read as on a command line, so that "8" is the number 8.

    Args:
        value: A value, or the text of one.
        kind: An annotation, such as ``int``, ``float | None`` or ``Literal["sum", "mean"]``.

    Raises:
        TypeError: The value is of another type.
    """
    try:
        parsed = _parser(kind).parse_object({"value": value})["value"]
    except ArgumentError:
        raise TypeError(f"{value!r} is not {describe_type(kind)}") from None
    if parsed is None and NoneType not in get_args(kind):  # jsonargparse takes None for a value that is not given
        raise TypeError(f"{value!r} is not {describe_type(kind)}")
    return parsed


def describe_type(kind: Any) -> str:
    """Says in words what an annotation asks for, without ``None``.

    >>> describe_type(int | None)
    'a whole number'
    >>> describe_type(Literal["sum", "mean"])
    'one of sum, mean'
    """
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        return " or ".join(describe_type(part) for part in arguments if part is not NoneType)
    if origin is Literal:
        return f"one of {', '.join(map(str, arguments))}" if len(arguments) > 1 else str(arguments[0])
    return NAMES.get(origin, f"a {getattr(origin, '__name__', origin)}")


@cache
def _parser(kind: Any) -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--value", type=kind)
    return parser
