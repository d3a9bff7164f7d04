"""Checks and keeps the arguments of constructors, so that equal objects can be made from them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from graphcascade.value_types import check_arguments

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Configured"]


class Configured:
    """Base class that keeps the arguments of its subclasses' constructors as :attr:`config`.

    The arguments must have the types of their annotations, see :func:`~graphcascade.value_types.check_arguments`.

    Raises:
        UsageError: An argument is of another type.

    >>> class Layer(Configured):
    ...     def __init__(self, size: int, bias: bool = True) -> None: ...
    >>> Layer(3).config
    {'size': 3, 'bias': True}
    >>> Layer("3")
    Traceback (most recent call last):
        ...
    graphcascade.errors.UsageError: Layer(size='3'): must be a whole number.
    """

    config: dict[str, Any]
    """Arguments that construct an equal object: those that were given, and the defaults of the class."""
    unsaved: ClassVar[tuple[str, ...]] = ()
    """Names of arguments that are not kept, because they make no difference to the object."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        try:
            arguments = _named(cls.__mro__, args, kwargs)
        except TypeError:  # the constructor raises this error too, with its name
            arguments = {}
        check_arguments(cls, arguments)
        self.config = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in arguments.items()
            if name not in cls.unsaved
        }
        return self


def _named(classes: Sequence[type], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments by their names in the first constructor of these classes.

    Positional arguments that it passes on as ``*args`` get their names from the next constructor. Arguments may be
    missing, because copies are made without any.
    """
    number = next((number for number, owner in enumerate(classes) if "__init__" in vars(owner)), None)
    if number is None:
        return {}
    bound = inspect.signature(vars(classes[number])["__init__"]).bind_partial(None, *args, **kwargs)
    bound.apply_defaults()
    arguments: dict[str, Any] = {}
    for parameter in list(bound.signature.parameters.values())[1:]:
        if parameter.name not in bound.arguments:
            continue
        value = bound.arguments[parameter.name]
        if parameter.kind is parameter.VAR_KEYWORD:
            arguments |= value
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            arguments[parameter.name] = value
        elif value:
            passed_on = _named(classes[number + 1 :], value, {})
            arguments |= {name: passed_on[name] for name in list(passed_on)[: len(value)]}
    return arguments
