"""Which model a command means."""

from __future__ import annotations

import inspect
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from graphcascade.errors import UsageError

if TYPE_CHECKING:
    from graphcascade.models.diffusion import DiffusionModel
    from graphcascade.models.next_user import NextUserModel, ScoringModel

__all__ = ["make_model", "model_file"]


def model_file(path: Path) -> Path:
    """The model's file of a run folder."""
    if path.is_dir() and not (path / "model.safetensors").exists():
        raise UsageError(f"{path}: there is no model.safetensors in this folder; has 'graphcascade fit' ended?")
    return path / "model.safetensors" if path.is_dir() else path


def make_model(name: str, num_users: int, arguments: dict[str, Any]) -> NextUserModel | ScoringModel | DiffusionModel:
    """A model of the registry; wrong arguments are a user's mistake."""
    from graphcascade.models import MODELS

    kind = MODELS[name]
    types = typing.get_type_hints(kind.__init__)
    ours = ("num_users", "embedding", "progress")
    known = [argument for argument in inspect.signature(kind).parameters if argument not in ours]
    for argument, value in arguments.items():
        if argument not in known:
            raise UsageError(f"{name} has no argument {argument!r}: it takes {', '.join(known) or 'none'}.")
        allowed = typing.get_args(types[argument]) or (types[argument],)
        if typing.get_origin(types[argument]) is Literal:
            fits = value in allowed
        elif bool in allowed or not isinstance(value, bool):
            fits = isinstance(value, (*allowed, int) if float in allowed else allowed)
        else:
            fits = False
        if not fits:
            wanted = getattr(types[argument], "__name__", str(types[argument]))
            if typing.get_origin(types[argument]) is Literal:
                wanted = f"one of {', '.join(map(repr, allowed))}"
            raise UsageError(f"{name}: {argument}={value!r}, wants {wanted}.")
    if "num_users" in inspect.signature(kind).parameters:  # a network has the users of its data
        arguments = {"num_users": num_users, **arguments}
    model: NextUserModel | ScoringModel | DiffusionModel = kind(**arguments)
    return model
