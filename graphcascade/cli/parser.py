from __future__ import annotations

import inspect
import textwrap
from argparse import SUPPRESS, Action
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Literal, NoReturn, get_args, get_origin, get_type_hints

from jsonargparse import ArgumentParser, DefaultHelpFormatter

from graphcascade.errors import shorten_values
from graphcascade.options import (
    CascadeReadOptions,
    FeatureOptions,
    PostReadOptions,
    RetweetReadOptions,
    TableReadOptions,
)
from graphcascade.options.task_options import option_groups, protocol_groups

__all__ = ["GROUPS", "Parser", "add_command", "first_line", "flags", "option_names"]

GROUPS: dict[str, Callable[[], list[type[Any]]]] = {
    "read_options": lambda: [CascadeReadOptions, TableReadOptions, RetweetReadOptions, PostReadOptions],
    "given_reading": lambda: GROUPS["read_options"](),
    "given_cascade_reading": lambda: GROUPS["cascade_options"](),
    "cascade_options": lambda: [CascadeReadOptions, TableReadOptions],
    "feature_options": lambda: [FeatureOptions],
    "task_options": option_groups,
    "protocol_options": protocol_groups,
}
"""Parameters of commands that stand for groups of options, and the functions that return these groups. Those that
begin with "given" take the options that were given, for commands that know the others from a saved model."""
NAMED_METAVARS = {
    "page_users": "IDS",
    "image_weights": "FILE",
    "text_features": "lsa|FILE|NAME",
}  # by the name of the option
METAVARS = {int: "N", float: "X", str: "NAME", bool: "true|false", dict: ".NAME VALUE"}


class Help(DefaultHelpFormatter):
    """Prints options as they are typed, with types as placeholders and defaults."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, max_help_position=32, **options)  # type: ignore[no-untyped-call]

    def _get_help_string(self, action: Action) -> str:
        hidden = action.default is None or action.default is False or not action.option_strings
        hidden = hidden or action.default == SUPPRESS
        return (action.help or "") + ("" if hidden else f" (default: {action.default})")

    def _format_action_invocation(self, action: Action) -> str:
        if not action.option_strings:
            return super()._format_action_invocation(action)
        names = ", ".join(name.replace("_", "-") for name in action.option_strings)
        return f"{names} {action.metavar or ''}".replace(" .", ".").rstrip()

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        # Paragraphs are filled; indented lines, such as examples, stay as they are.
        blocks = [
            block if block.startswith(" ") or "\n " in block else textwrap.fill(block, width)
            for block in text.split("\n\n")
        ]
        return textwrap.indent("\n\n".join(blocks), indent)


class Parser(ArgumentParser):
    """A parser that reports errors in one line."""

    types: dict[str, Any]  # types of the options of one command
    positional: list[str]  # names of its arguments that are typed without an option
    configured: dict[str, str]  # the configuration file that sets each option

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        message = shorten_values(" ".join(message.split()))
        self.exit(2, f"graphcascade: error: {message} (see {self.prog} --help)\n")


def add_command(commands: Any, name: str, run: Callable[..., None]) -> Parser:
    """Adds a command; its parameters become options and its docstring becomes the help.

    Args:
        commands: Return value of the parser's ``add_subcommands``.
        name: Name of the command.
        run: The command; its parameters that are named in :data:`GROUPS` take groups of options.

    Returns:
        The parser of the command.
    """
    text, _, rest = (inspect.getdoc(run) or "").partition("\n\nExamples:\n")
    examples, _, _ = rest.partition("\n\nArgs:\n")
    parser = Parser(
        description=text,
        epilog="examples:\n" + textwrap.indent(textwrap.dedent(examples), "  "),
        formatter_class=Help,
        print_config=None,
    )
    positional = [key for key, name in option_names(run).items() if not name.startswith("--")]
    parser.usage = " ".join(["graphcascade", name, *map(str.upper, positional), "[options]"])
    parser.add_argument("--config", action="config", metavar="FILE", help="YAML or JSON file of options.")
    parser.add_function_arguments(run, as_group=False, as_positional=True, skip=set(GROUPS))
    parser.types, parser.configured, parser.positional = get_type_hints(run), {}, positional
    for group in (group for name in GROUPS if name in parser.types for group in GROUPS[name]()):
        inherited = {option.name for base in group.__mro__[1:-1] for option in fields(base)}  # of a group of their own
        parser.add_argument_group(group.heading).add_class_arguments(group, as_group=False, skip=inherited)
        parser.types |= get_type_hints(group)
    for action in parser._actions:
        if action.dest in parser.types and action.dest not in ("help", "config"):
            action.metavar = (
                action.dest.upper() if action.dest in positional else _metavar(action.dest, parser.types[action.dest])
            )
            if action.default is False:
                action.metavar = ""
    commands.add_subcommand(name, parser, help=first_line(run))
    parser.prog = f"graphcascade {name}"
    return parser


def first_line(run: Callable[..., None]) -> str:
    """Returns the first line of the help of a command."""
    return (inspect.getdoc(run) or "").partition("\n")[0]


def option_names(run: Callable[..., None]) -> dict[str, str]:
    """Maps parameters of a command to their names on the command line: ``OUT`` without a default, else ``--out``."""
    parameters = inspect.signature(run).parameters
    groups = [group for name in GROUPS if name in parameters for group in GROUPS[name]()]
    names = {
        key: key.upper() if parameter.default is parameter.empty else f"--{key.replace('_', '-')}"
        for key, parameter in parameters.items()
        if key not in GROUPS
    }
    return names | {option.name: f"--{option.name.replace('_', '-')}" for group in groups for option in fields(group)}


def flags(run: Callable[..., None]) -> set[str]:
    """Returns the options that need no value."""
    parameters = inspect.signature(run).parameters
    groups = [group for name in GROUPS if name in parameters for group in GROUPS[name]()]
    defaults = {key: value.default for key, value in parameters.items()}
    defaults |= {option.name: option.default for group in groups for option in fields(group)}
    return {f"--{key}" for key, default in defaults.items() if default is False}


def _parts(kind: Any) -> list[Any]:
    return [part for part in get_args(kind) if part is not type(None)] or [kind]


def _metavar(name: str, kind: Any) -> str:
    if name in NAMED_METAVARS:
        return NAMED_METAVARS[name]
    (first, *_) = parts = _parts(kind)
    if isinstance(first, str):
        return "|".join(parts)
    if get_origin(first) is Literal:
        return "|".join(get_args(first))
    return METAVARS.get(get_origin(first) or first, "PATH" if first.__name__ == "Path" else "")
