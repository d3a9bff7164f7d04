"""The options of each task, and how flat names become the groups of a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, get_type_hints

from graphcascade.errors import UsageError
from graphcascade.options.cascade_size_options import CascadeSizeOptions
from graphcascade.options.network_options import NetworkOptions
from graphcascade.options.next_user_options import NextUserOptions
from graphcascade.options.popularity_options import PopularityOptions
from graphcascade.options.ranking_options import RankingOptions

__all__ = [
    "TASK_OPTIONS",
    "flatten_options",
    "make_options",
    "option_groups",
    "other_tasks_options",
    "protocol_groups",
    "require_defaults",
]

TASK_OPTIONS: dict[str, type[Any]] = {
    "next-user": NextUserOptions,
    "network": NetworkOptions,
    "ranking": RankingOptions,
    "cascade-size": CascadeSizeOptions,
    "popularity": PopularityOptions,
}
"""Options of each task by its name. The command line has them all as options."""

OptionsT = TypeVar("OptionsT")


def option_groups(*kinds: type[Any]) -> list[type[Any]]:
    """Returns the groups of options of some tasks, each group once; those of all tasks by default."""
    hints = [get_type_hints(kind) for kind in kinds or TASK_OPTIONS.values()]
    return list(dict.fromkeys(group for groups in hints for group in groups.values()))


def protocol_groups(*kinds: type[Any]) -> list[type[Any]]:
    """Returns the groups of :func:`option_groups` that decide data, split and test, and not how a model is trained."""
    return [group for group in option_groups(*kinds) if not getattr(group, "of_training", False)]


def make_options(kind: type[OptionsT], values: Mapping[str, Any]) -> OptionsT:
    """Makes the options of a task from their flat names; a name that is missing gets its default."""
    groups = {
        name: group(**{option.name: values[option.name] for option in fields(group) if option.name in values})
        for name, group in get_type_hints(kind).items()
    }
    return kind(**groups)


def flatten_options(options: Any) -> dict[str, Any]:
    """Returns the options of a task by their flat names."""
    return {name: value for group in fields(options) for name, value in vars(getattr(options, group.name)).items()}


def other_tasks_options(kind: type[Any], values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Finds options that were changed and are not options of a task.

    Args:
        kind: Options of the task.
        values: Values of options by their flat names.

    Returns:
        The names of these options, each with the names of the tasks that have it.
    """
    own = {option.name for group in option_groups(kind) for option in fields(group)}
    found: dict[str, list[str]] = {}
    for task, options in TASK_OPTIONS.items():
        for group in option_groups(options):
            for option in fields(group):
                if option.name not in own and values.get(option.name, option.default) != option.default:
                    found.setdefault(option.name, []).append(task)
    return found


def require_defaults(options: Any, reason: str, *names: str, remedy: tuple[str, Any] | None = None) -> None:
    """Raises an error if one of some options, which would have no effect, is not at its default.

    Args:
        options: A group of options.
        reason: Why they would have no effect.
        names: Names of the options; all of the group if none is given.
        remedy: Another option and its value, with which they would have an effect.

    Raises:
        UsageError: An option is not at its default.
    """
    for option in fields(options):
        if (not names or option.name in names) and getattr(options, option.name) != option.default:
            value = getattr(options, option.name)
            reason = f"has no effect {reason}; leave it out" + ("" if remedy is None else ", or add")
            raise UsageError(argument=option.name, value=value, reason=reason, remedy=remedy)
