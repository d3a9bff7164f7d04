from __future__ import annotations

import difflib
import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from graphcascade.errors import UnknownNameError, UsageError
from graphcascade.models.model import Model
from graphcascade.models.registry import MODELS

if TYPE_CHECKING:
    from typing import TypeGuard

__all__ = ["find_model"]

TIME_BASELINES = ("HawkesProcess", "PoissonProcess")  # they predict when, and not who, so that no task trains them


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
        if name.lower() in map(str.lower, TIME_BASELINES):
            raise UnknownNameError(
                f"{name} predicts times only and is not trained by itself; 'fit' and 'test' compare models that "
                "predict times, such as RMTPP, with it; in Python, use graphcascade.evaluation.evaluate_times."
            )
        return MODELS[name]
    place, _, class_name = name.partition(":")
    module = _import(place, name, argument)
    model_class = getattr(module, class_name, None)
    if not _is_model(model_class):
        reason = f"the module {place} has no model {class_name!r}; {_advice(module, class_name)}"
        raise UsageError(argument=argument, value=name, reason=reason)
    if model_class.__name__ not in MODELS:
        MODELS.register(model_class.__name__)(model_class)
    if MODELS[model_class.__name__] is not model_class:
        reason = f"there is another model called {model_class.__name__}; rename the class"
        raise UsageError(argument=argument, value=name, reason=reason)
    return model_class


def _is_model(value: Any) -> TypeGuard[type[Model]]:
    return isinstance(value, type) and issubclass(value, Model)


def _advice(module: ModuleType, class_name: str) -> str:
    """Returns what to do if a module has no model of this name."""
    own = {name.lower(): name for name, value in vars(module).items() if _is_model(value)}
    near = difflib.get_close_matches(class_name.lower(), own, n=2)
    if near and not hasattr(module, class_name):
        return f"did you mean {' or '.join(own[name] for name in near)}?"
    return "a model is a subclass of a base class in graphcascade.models, such as NextUserModel"


def _import(place: str, name: str, argument: str) -> Any:
    sys.path.insert(0, "")  # the working directory, where people keep their own models
    try:
        return importlib.import_module(place)
    except (Exception, SystemExit) as error:  # whatever the code of the module raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UsageError(f"the module cannot be imported ({reason})", argument=argument, value=name) from error
    finally:
        sys.path.remove("")
