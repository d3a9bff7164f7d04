from __future__ import annotations

import inspect
import typing
from typing import Any, Literal

from graphcascade.errors import UsageError
from graphcascade.models.model import Model
from graphcascade.models.registry import MODELS
from graphcascade.nn import SourceFusion

__all__ = ["make_model"]

TYPE_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "text", type(None): "null"}


def make_model(name: str, num_users: int, arguments: dict[str, Any], fusion: dict[str, Any] | None = None) -> Model:
    """Constructs a registered model by its name.

    Args:
        name: Name in :data:`MODELS`, in any case.
        num_users: Number of users.
        arguments: Arguments of its class.
        fusion: Arguments of :class:`~graphcascade.nn.SourceFusion`, which replaces the user vectors, or ``None``.

    Raises:
        UnknownNameError: There is no model of that name.
        UsageError: The class does not have an argument, an argument has the wrong type, or ``fusion`` is given for a
            model without user vectors.
    """
    model_class = MODELS[name]
    types = typing.get_type_hints(model_class.__init__)
    not_settable = ("num_users", "embedding", "progress")
    known = [argument for argument in inspect.signature(model_class).parameters if argument not in not_settable]
    for argument, value in arguments.items():
        if argument not in known:
            raise UsageError(f"{name} has no argument {argument!r}: its arguments are {', '.join(known) or 'none'}.")
        allowed = typing.get_args(types[argument]) or (types[argument],)
        if typing.get_origin(types[argument]) is Literal:
            is_valid = value in allowed
        elif bool in allowed or not isinstance(value, bool):
            is_valid = isinstance(value, (*allowed, int) if float in allowed else allowed)
        else:
            is_valid = False
        if not is_valid:
            expected = " or ".join(TYPE_NAMES.get(kind, getattr(kind, "__name__", str(kind))) for kind in allowed)
            if typing.get_origin(types[argument]) is Literal:
                expected = f"one of {', '.join(map(repr, allowed))}"
            raise UsageError(owner=name, argument=argument, value=value, reason=f"must be {expected}")
    if "num_users" in inspect.signature(model_class).parameters:  # a diffusion model takes the users from its data
        arguments = {"num_users": num_users, **arguments}
    if fusion is not None:
        parameters = inspect.signature(model_class).parameters
        if "embedding" not in parameters:
            raise UsageError(f"{name} has no vectors of users to fuse with sources; use another model, such as LSTM.")
        size = {key: arguments.get(key, parameters[key].default) for key in ("dim", "std")}
        arguments = arguments | {"embedding": SourceFusion(num_users, **size, **fusion)}
    return model_class(**arguments)
