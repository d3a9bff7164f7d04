"""Checks and keeps the arguments of constructors, so that equal objects can be made from them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from graphcascade.errors import UsageError, suggest
from graphcascade.value_types import check_arguments

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Configured"]


class Configured:
    """Base class that keeps the arguments of its subclasses' constructors as :attr:`config`.

    The arguments must have the types of their annotations, see :func:`~graphcascade.value_types.check_arguments`.

    Raises:
        UsageError: An argument is unknown or of another type.

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
    __signature__: ClassVar[inspect.Signature]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # Before Python 3.11.4, a class that inherits its constructor would have the signature of __new__.
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        cls.__signature__ = inspect.Signature(parameters)

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        try:
            arguments = _named(cls.__mro__, args, kwargs)
        except TypeError:  # the constructor raises this error too, with its name
            arguments = {}
        _check_names(cls, kwargs)
        check_arguments(cls, arguments)
        self.config = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in arguments.items()
            if name not in cls.unsaved
        }
        return self


def _check_names(cls: type, given: Mapping[str, Any]) -> None:
    """Raises an error if no constructor of a class has an argument of this name.

    Classes outside the package whose constructors take any name are not checked, because they may use the others.

    Raises:
        UsageError: An argument is unknown; the message has the nearest name.
    """
    known: list[str] = []
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        parameters = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
        variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        known += [parameter.name for parameter in parameters if parameter.kind not in variable]
        if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters):
            break
        if not base.__module__.startswith("graphcascade."):
            return
    for name, value in given.items():
        if name not in known:
            hint = suggest(name, known, f"known are {', '.join(known) or 'none'}.")
            reason = f"there is no argument {name!r}; {hint}".removesuffix(".")
            raise UsageError(owner=cls.__name__, argument=name, value=value, reason=reason)


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
