from __future__ import annotations

import importlib
import sys
from typing import Any

from graphcascade.errors import UsageError
from graphcascade.models.model import Model
from graphcascade.models.registry import MODELS

__all__ = ["find_model"]


def find_model(name: str, argument: str = "model") -> type[Model]:
    """Finds the class of a model.

    Args:
        name: A name in :data:`MODELS`, in any case; or ``package.module:Class`` for a class outside the package. Its
            module is imported, also from the working directory, and the class is registered, so that saved models of
            this class can be loaded.
        argument: What errors call the name.

    Raises:
        UnknownNameError: There is no model of that name.
        UsageError: The module cannot be imported, has no such class, or the class is not a
            :class:`~graphcascade.models.Model`; or another model has the same name.
    """
    if ":" not in name:
        return MODELS[name]
    place, _, class_name = name.partition(":")
    found = getattr(_import(place, name, argument), class_name, None)
    if not (isinstance(found, type) and issubclass(found, Model)):
        raise UsageError(
            f"the module {place} has no model {class_name!r}; a model is a subclass of a base class in "
            "graphcascade.models, such as NextUserModel",
            argument=argument,
            value=name,
        )
    if found.__name__ not in MODELS:
        MODELS.register(found.__name__)(found)
    if MODELS[found.__name__] is not found:
        raise UsageError(
            f"there is another model called {found.__name__}; rename the class", argument=argument, value=name
        )
    return found


def _import(place: str, name: str, argument: str) -> Any:
    sys.path.insert(0, "")  # the working directory, where people keep their own models
    try:
        return importlib.import_module(place)
    except (Exception, SystemExit) as error:  # whatever the code of the module raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UsageError(f"the module cannot be imported ({reason})", argument=argument, value=name) from error
    finally:
        sys.path.remove("")
