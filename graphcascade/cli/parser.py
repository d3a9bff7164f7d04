from __future__ import annotations

import difflib
import inspect
import re
import textwrap
from argparse import SUPPRESS, Action
from collections.abc import Callable
from typing import Any, Literal, NoReturn, get_args, get_origin, get_type_hints

from jsonargparse import ArgumentParser, DefaultHelpFormatter

from graphcascade.cli.read_options import ReadOptions
from graphcascade.errors import shorten, shorten_values

__all__ = ["Parser", "add_command", "flags", "option_names"]

TYPE_NAMES = {int: "a whole number", float: "a number", bool: "true or false", dict: "names with values"}
METAVARS = {int: "N", float: "X", str: "NAME", bool: "true|false", dict: ".NAME VALUE"}
UNKNOWN = re.compile(r"[Uu]nrecognized arguments?: (?P<words>.*)")
WRONG = re.compile(
    r'Parser key "(?P<key>[^"]+)": .*?(?:Given value type: .*?)?(?:Given value|Got value): (?P<value>.*)'
)
MISSING = re.compile(r"arguments are required: (?P<keys>.*)")
COMMAND = re.compile(r"argument COMMAND: invalid choice: (?P<word>'.*?') \(choose from (?P<known>.*)\)")


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
    configured: dict[str, str]  # the configuration file that sets each option

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        message = " ".join(message.split())
        command = self.prog
        if found := MISSING.search(message):  # raised by the parent of the command's parser
            keys = found["keys"].split(", ")
            command = f"graphcascade {keys[0].rpartition('.')[0]}".strip()
            message = f"{command} needs " + " and ".join(key.rpartition(".")[2].upper() for key in keys)
        self.exit(2, f"graphcascade: error: {shorten_values(self._rewrite(message))} (see {command} --help)\n")

    def _rewrite(self, message: str) -> str:
        known = [option for action in self._actions for option in action.option_strings]
        types = getattr(self, "types", {})
        if found := UNKNOWN.search(message):
            word = found["words"].split()[0]
            near = difflib.get_close_matches(word.partition("=")[0], known, n=1, cutoff=0.7)
            hint = f"; did you mean {near[0].replace('_', '-')}?" if near else ""
            if not near and word.startswith("--") and "model_args" in types:
                hint = f"; arguments of a model are written --model-args.{word[2:].partition('=')[0]}"
            return f"unknown option or argument {word.replace('_', '-').removesuffix('=true')}{hint}"
        if found := COMMAND.search(message):
            return f"unknown command {found['word']}: use one of {found['known'].replace(chr(39), '')}"
        if "expected one argument" in message:
            return message.removeprefix("argument ").replace("_", "-").replace("expected one argument", "needs a value")
        found = WRONG.search(message)
        key = found["key"].rpartition(".")[2] if found else ""
        if found and key in types:
            value = shorten(found["value"].rstrip("."))
            place = f" in {self.configured[key]}" if key in getattr(self, "configured", {}) else ""
            return f"--{key.replace('_', '-')}{place}: {value} is not {_type_name(types[key])}"
        if "surrogates not allowed" in message:
            message = re.sub(
                r"^(Parser key [^:]*): .*", r"\1: the name has bytes that are not UTF-8; rename it", message
            )
        if "integer string conversion" in message:  # Python converts at most 4,300 digits
            message = re.sub(r"^(Parser key [^:]*): .*", r"\1: the number has too many digits", message)
        return re.sub(r'^Parser key "(?:\w+\.)?(\w+)": ', r"--\1: ", message)


def add_command(commands: Any, name: str, run: Callable[..., None]) -> Parser:
    """Adds a command; its parameters become options and its docstring becomes the help.

    Args:
        commands: Return value of the parser's ``add_subcommands``.
        name: Name of the command.
        run: The command; a parameter ``read_options`` takes the options of :class:`ReadOptions`.

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
    parser.add_function_arguments(run, as_group=False, as_positional=True, skip={"read_options"})
    parser.types, parser.configured = get_type_hints(run), {}
    if "read_options" in parser.types:
        parser.add_class_arguments(ReadOptions)
        parser.types |= get_type_hints(ReadOptions)
    for action in parser._actions:
        if action.dest in parser.types and action.dest not in ("help", "config"):
            action.metavar = action.dest.upper() if action.dest in positional else _metavar(parser.types[action.dest])
            if action.default is False:
                action.metavar = ""
    commands.add_subcommand(name, parser, help=text.partition("\n")[0])
    parser.prog = f"graphcascade {name}"
    return parser


def option_names(run: Callable[..., None]) -> dict[str, str]:
    """Maps parameters of a command to their names on the command line: ``OUT`` without a default, else ``--out``."""
    parameters = dict(inspect.signature(run).parameters)
    if parameters.pop("read_options", None):
        parameters |= inspect.signature(ReadOptions).parameters
    return {
        key: key.upper() if parameter.default is parameter.empty else f"--{key.replace('_', '-')}"
        for key, parameter in parameters.items()
    }


def flags(run: Callable[..., None]) -> set[str]:
    """Returns the options that need no value."""
    return {f"--{key}" for key, value in inspect.signature(run).parameters.items() if value.default is False}


def _parts(kind: Any) -> list[Any]:
    return [part for part in get_args(kind) if part is not type(None)] or [kind]


def _type_name(kind: Any) -> str:
    (first, *_) = parts = _parts(kind)
    if isinstance(first, str):
        return "one of " + ", ".join(map(str, parts))
    if get_origin(first) is Literal:
        return "one of " + ", ".join(get_args(first))
    return TYPE_NAMES.get(get_origin(first) or first, "a " + getattr(first, "__name__", str(first)))


def _metavar(kind: Any) -> str:
    (first, *_) = parts = _parts(kind)
    if isinstance(first, str):
        return "|".join(parts)
    if get_origin(first) is Literal:
        return "|".join(get_args(first))
    return METAVARS.get(get_origin(first) or first, "PATH" if first.__name__ == "Path" else "")
