from __future__ import annotations

import inspect
import typing
from types import NoneType
from typing import Any

from graphcascade.errors import UsageError
from graphcascade.models.find import find_model
from graphcascade.models.model import Model
from graphcascade.nn import SourceFusion
from graphcascade.value_types import describe_type, parse_value

__all__ = ["make_model"]


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
    model_class = find_model(name)
    types = typing.get_type_hints(model_class.__init__)
    not_settable = ("num_users", "embedding", "progress")
    known = [argument for argument in inspect.signature(model_class).parameters if argument not in not_settable]
    parsed: dict[str, Any] = {}
    for argument, value in arguments.items():
        if argument not in known:
            raise UsageError(f"{name} has no argument {argument!r}: its arguments are {', '.join(known) or 'none'}.")
        try:
            read = parse_value(value, types[argument])
        except TypeError:
            optional = " or null" if NoneType in typing.get_args(types[argument]) else ""
            reason = f"must be {describe_type(types[argument])}{optional}"
            raise UsageError(owner=name, argument=argument, value=value, reason=reason) from None
        parsed[argument] = read if isinstance(value, str) else value  # saved models keep 0 as 0, not as 0.0
    if "num_users" in inspect.signature(model_class).parameters:  # a diffusion model takes the users from its data
        parsed = {"num_users": num_users, **parsed}
    if fusion is not None:
        parameters = inspect.signature(model_class).parameters
        if "embedding" not in parameters:
            raise UsageError(f"{name} has no vectors of users to fuse with sources; use another model, such as LSTM.")
        size = {key: parsed.get(key, parameters[key].default) for key in ("dim", "std")}
        parsed["embedding"] = SourceFusion(num_users, **size, **fusion)
    return model_class(**parsed)
