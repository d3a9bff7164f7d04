"""Checks the words of a command line before jsonargparse parses them, since its errors are texts without fields."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphcascade.cli.parser import Parser, option_names
from graphcascade.errors import shorten, suggest
from graphcascade.value_types import describe_type, parse_value, suggest_choice

__all__ = ["check_command", "check_words"]

Command = Callable[..., None]
NO_OTHERS: Mapping[str, Command] = {}
MAX_OWNERS = 3  # commands that a message names
MAX_DIGITS = 4300  # Python converts no longer text to a whole number
NUMBER = re.compile(r"-\d|-\.\d")


def check_command(parser: Parser, word: str, known: Sequence[str]) -> None:
    """Ends the program with an error of one line if the first word is no command and no option of the program."""
    if _is_option(word):
        if word not in parser._option_string_actions:
            parser.error(_unknown(parser, word))
    elif word not in known:
        choices = f"use one of {', '.join(known)}"
        parser.error(f"unknown command {word!r}: {suggest(word, known, choices)}")


def check_words(
    parser: Parser, words: Sequence[str], settings: Mapping[str, Any], others: Mapping[str, Command] = NO_OTHERS
) -> None:
    """Ends the program with an error of one line if an option is unknown, lacks its value, or has one of another type.

    Args:
        parser: Parser of the command.
        words: The words after the command; flags have the value true.
        settings: Options of configuration files.
        others: All commands by their names, for the message about an option that others of them have.
    """
    rest, positional = list(words), []
    for name, value in settings.items():
        if name in parser.types and name in parser.configured:
            _check_value(parser, name, value, f"--{name.replace('_', '-')} in {parser.configured[name]}")
    while rest:
        word = rest.pop(0)
        if word in ("-h", "--help"):
            return
        if not _is_option(word):
            positional.append(word)
            continue
        option, has_value, value = word.partition("=")
        if option.partition(".")[0] not in parser._option_string_actions:
            parser.error(_unknown(parser, word, others))
        shown = option.partition(".")[0].replace("_", "-") + "".join(option.partition(".")[1:])
        if not has_value:
            if not rest or _is_option(rest[0]):
                parser.error(f"{shown}: needs a value")
            value = rest.pop(0)
        if option[2:] in parser.types:
            _check_value(parser, option[2:], value, shown)
    for name, value in zip(parser.positional, positional, strict=False):
        _check_value(parser, name, value, name.upper())
        parser.configured.pop(name, None)  # the word overrides a configuration file
    if len(positional) > len(parser.positional):
        parser.error(_unknown(parser, positional[len(parser.positional)]))
    if missing := [name.upper() for name in parser.positional[len(positional) :] if name not in settings]:
        parser.error(f"{parser.prog} needs {' and '.join(missing)}")


def _is_option(word: str) -> bool:
    return word.startswith("-") and word != "-" and not NUMBER.match(word)


def _unknown(parser: Parser, word: str, others: Mapping[str, Command] = NO_OTHERS) -> str:
    """The message on a word that the parser does not know, with the option that comes closest."""
    name = word.partition("=")[0]
    known = {option.lstrip("-"): option for option in parser._option_string_actions}
    near = difflib.get_close_matches(name.lstrip("-"), known, n=1, cutoff=0.7)
    hint = f"; did you mean {known[near[0]].replace('_', '-')}?" if near else ""
    option = name.replace("_", "-")
    owners = [command for command, other in others.items() if option in option_names(other).values()]
    if owners:
        *first, last = owners if len(owners) <= MAX_OWNERS else [*owners[:MAX_OWNERS], "others"]
        hint = f"; it is an option of {', '.join(first) + ' and ' if first else ''}{last}{hint}"
    elif not near and word.startswith("--") and "--model_args" in parser._option_string_actions:
        hint = f"; arguments of a model are written --model-args.{name[2:]}"
    return f"unknown option or argument {word.replace('_', '-').removesuffix('=true')}{hint}"


def _check_value(parser: Parser, name: str, value: Any, shown: str) -> None:
    kind = parser.types[name]
    utf8 = sys.getfilesystemencoding() == "utf-8"  # in other locales such letters stand for bytes beyond ASCII
    if utf8 and isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        parser.error(f"{shown}: the name has bytes that are not UTF-8; rename it")
    if kind is int and isinstance(value, str) and len(value) > MAX_DIGITS and value.lstrip("-").isdigit():
        parser.error(f"{shown}: the number has too many digits")
    try:
        parse_value(value, kind)
    except TypeError:
        if value is None:  # a name without a value in a configuration file
            parser.error(f"{shown}: is left empty; give {describe_type(kind)}, or leave the option out")
        given = shorten(str(value))
        parser.error(f"{shown}: {given} is not {describe_type(kind)}{suggest_choice(value, kind)}")
