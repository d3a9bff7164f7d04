"""Checks values against annotations, and says in words what an annotation asks for."""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import NoneType, SimpleNamespace, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from jsonargparse import ArgumentError, ArgumentParser

from graphcascade.errors import UsageError, suggest

__all__ = [
    "check_arguments",
    "check_numbers",
    "describe_type",
    "has_type",
    "parse_value",
    "suggest_choice",
    "yaml_hint",
]

P = ParamSpec("P")
R = TypeVar("R")

NAMES = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    dict: "names with values",
    Mapping: "names with values",
    list: "a list",
    tuple: "a list",
    Sequence: "a list",
    Path: "a path",
}
ACCEPTED: dict[Any, tuple[type, ...]] = {
    bool: (bool, np.bool_),
    int: (int, np.integer),
    float: (int, float, np.integer, np.floating),
    dict: (Mapping,),
    list: (Sequence, np.ndarray),
    tuple: (Sequence, np.ndarray),
    Sequence: (Sequence, np.ndarray),
    Path: (os.PathLike,),
}
"""Classes whose instances fit an annotation, where this is not only the class itself."""

EXPONENT = re.compile(r"(?P<digits>[-+]?\d+(?P<point>\.\d*)?)[eE](?P<sign>[-+]?)(?P<power>\d{1,2})")
"""A number with an exponent. YAML 1.1 reads it as text unless it has a point and a sign, as in 1.0e-3."""


def check_arguments(owner: type, arguments: Mapping[str, Any]) -> None:
    """Checks that the arguments of a constructor have the types of its annotations.

    Annotations that cannot be evaluated, and those of which :func:`has_type` knows nothing, are not checked.

    Args:
        owner: A class.
        arguments: Arguments of its constructor, or of those of its bases, by name.

    Raises:
        UsageError: An argument is of another type.

    >>> class Layer:
    ...     def __init__(self, size: int, rate: float | None = None) -> None: ...
    >>> check_arguments(Layer, {"size": 3, "rate": 1})
    >>> check_arguments(Layer, {"size": 3, "rate": "fast"})
    Traceback (most recent call last):
        ...
    graphcascade.errors.UsageError: Layer(rate='fast'): must be a number or None.
    """
    constructors = [vars(base)["__init__"] for base in owner.__mro__ if "__init__" in vars(base)]
    for name, value in arguments.items():
        kind = next((_annotation(entry, name) for entry in constructors if name in _annotations(entry)), Any)
        if not has_type(value, kind):
            optional = " or None" if NoneType in get_args(kind) else ""
            reason = f"must be {describe_type(kind)}{optional}{yaml_hint(value, kind)}"
            raise UsageError(owner=owner.__name__, argument=name, value=value, reason=reason)


def check_numbers(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator that checks, in each call of a function, the arguments that are numbers or flags by their annotation.

    Other arguments are left to the function.

    Raises:
        UsageError: An argument is of another type; raised by the calls.

    >>> @check_numbers
    ... def draw(texts: list[str], count: int, seed: int | None = None) -> None: ...
    >>> draw([], 3)
    >>> draw([], "3")
    Traceback (most recent call last):
        ...
    graphcascade.errors.UsageError: count='3': must be a whole number.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:  # the function raises this error too, with its name
            given = {}
        for name, kind in _number_types(function).items():
            if name in given and not has_type(given[name], kind):
                optional = " or None" if NoneType in get_args(kind) else ""
                reason = f"must be {describe_type(kind)}{optional}"
                raise UsageError(argument=name, value=given[name], reason=reason)
        return function(*args, **kwargs)

    return checked


def has_type(value: Any, kind: Any) -> bool:
    """Returns whether a value has the type of an annotation.

    A whole number is a number, but ``True`` is none; NumPy's numbers count as Python's. The values of mappings are not
    checked, and every value fits an annotation that is neither a class nor a combination of classes.

    >>> has_type(3, float | None), has_type(True, int), has_type([1, 2.5], list[int])
    (True, False, False)
    """
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        return any(has_type(value, part) for part in arguments)
    if origin is Literal:
        return any(type(value) is type(known) and value == known for known in arguments)
    if origin is Any or not isinstance(origin, type) or getattr(origin, "_is_protocol", False):
        return True
    is_instance: bool = isinstance(value, ACCEPTED.get(origin, origin))
    if not is_instance or (isinstance(value, bool) and origin in (int, float)):
        return False
    if origin in (list, tuple, Sequence):
        if isinstance(value, str):
            return False
        if origin is tuple and arguments and arguments[-1] is not Ellipsis:
            return len(value) == len(arguments) and all(map(has_type, value, arguments))
        return not arguments or all(has_type(entry, arguments[0]) for entry in value)
    if origin in (dict, Mapping):
        return not arguments or all(has_type(name, arguments[0]) for name in value)
    return True


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


def yaml_hint(value: Any, kind: Any) -> str:
    """Says how to write a number, or one of a list, that YAML 1.1 reads as text; empty for other values.

    >>> yaml_hint("1e-3", float | None)
    '; YAML reads 1e-3 as text, so write 0.001 or 1.0e-3'
    >>> yaml_hint("fast", float)
    ''
    """
    values, number = (value, [0.5]) if isinstance(value, list) else ([value], 0.5)
    texts = [entry for entry in values if isinstance(entry, str)] if has_type(number, kind) else []
    match = next(filter(None, map(EXPONENT.fullmatch, texts)), None)
    if match is None:
        return ""
    digits = match["digits"] + ("" if match["point"] else ".0")
    exponent = f"e{match['sign'] or '+'}{match['power']}"
    return f"; YAML reads {match[0]} as text, so write {Decimal(match[0]):f} or {digits}{exponent}"


def suggest_choice(value: Any, kind: Any) -> str:
    """Names the nearest of the texts that an annotation allows; empty if none is near.

    >>> suggest_choice("texts", Literal["text", "image"] | None)
    '; did you mean text?'
    >>> suggest_choice("sound", Literal["text", "image"])
    ''
    """
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    choices = [each for part in kinds if get_origin(part) is Literal for each in get_args(part)]
    near = suggest(str(value).lower(), [each for each in choices if isinstance(each, str)], "")
    return f"; {near}" if near else ""


def describe_type(kind: Any) -> str:
    """Says in words what an annotation asks for, without ``None``.

    >>> describe_type(int | None)
    'a whole number'
    >>> describe_type(Literal["sum", "mean"])
    "one of 'sum', 'mean'"
    >>> describe_type(list[int])
    'a list, each a whole number'
    """
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, UnionType):
        return " or ".join(describe_type(part) for part in arguments if part is not NoneType)
    if origin is Literal:
        return f"one of {', '.join(map(repr, arguments))}" if len(arguments) > 1 else repr(arguments[0])
    name = NAMES.get(origin, f"a {getattr(origin, '__name__', origin)}")
    if origin in (list, tuple, Sequence) and arguments and arguments[0] is not Any:
        return f"{name}, each {describe_type(arguments[0])}"
    return name


@cache
def _parser(kind: Any) -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--value", type=kind)
    return parser


@cache
def _number_types(function: Callable[..., Any]) -> dict[str, Any]:
    """Returns the annotations of the arguments that are numbers or flags."""
    kinds = {name: _annotation(function, name) for name in _annotations(function) if name != "return"}
    plain = {int, float, bool, NoneType}
    return {name: kind for name, kind in kinds.items() if {*(get_args(kind) or (kind,))} <= plain}


def _annotations(constructor: Callable[..., Any]) -> dict[str, Any]:
    return getattr(constructor, "__annotations__", {})


def _annotation(constructor: Callable[..., Any], name: str) -> Any:
    """Returns the annotation of an argument, or ``Any`` if it cannot be evaluated."""
    annotations = SimpleNamespace(__annotations__={name: _annotations(constructor)[name]})
    try:
        return get_type_hints(annotations, globalns=constructor.__globals__)[name]
    except Exception:  # whatever evaluating the text of an annotation raises, such as a name that only mypy imports
        return Any
