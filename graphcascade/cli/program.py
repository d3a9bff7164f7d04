from __future__ import annotations

import inspect
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import graphcascade
from graphcascade.cli.check_words import check_command, check_words
from graphcascade.cli.compare import compare
from graphcascade.cli.configuration import config_first, read_config
from graphcascade.cli.convert import convert
from graphcascade.cli.datasets import datasets
from graphcascade.cli.demo import RENAMED as RENAMED_BY_DEMO
from graphcascade.cli.demo import demo
from graphcascade.cli.describe import describe
from graphcascade.cli.encoding import allow_all_characters
from graphcascade.cli.experiments import experiments
from graphcascade.cli.fit import RENAMED as RENAMED_BY_FIT
from graphcascade.cli.fit import fit
from graphcascade.cli.infer_network import infer_network
from graphcascade.cli.interruption import interruptible
from graphcascade.cli.link_prediction import link_prediction
from graphcascade.cli.memory import memory_error
from graphcascade.cli.models import models
from graphcascade.cli.output import note
from graphcascade.cli.outputs import check_outputs
from graphcascade.cli.parser import GROUPS, Help, Parser, add_command, first_line, flags, option_names
from graphcascade.cli.predict import predict
from graphcascade.cli.prepare import prepare
from graphcascade.cli.rank_users import rank_users
from graphcascade.cli.repeated_options import join_repeated
from graphcascade.cli.report import RENAMED as RENAMED_BY_REPORT
from graphcascade.cli.report import report
from graphcascade.cli.reproduce import run_reproduction
from graphcascade.cli.run_folder import restore_run
from graphcascade.cli.seeds import RENAMED as RENAMED_BY_SEEDS
from graphcascade.cli.seeds import seeds
from graphcascade.cli.simulate import RENAMED as RENAMED_BY_SIMULATE
from graphcascade.cli.simulate import simulate
from graphcascade.cli.test import run_test
from graphcascade.cli.tune import tune
from graphcascade.cli.typed_options import TypedOptions
from graphcascade.errors import GraphCascadeError, UsageError, shorten_values
from graphcascade.options import CascadeReadOptions, FeatureOptions, ReadOptions
from graphcascade.processes import is_one_of_several, start_processes, wait_for_processes

__all__ = ["main", "make_parsers"]

COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "report": report,
    "datasets": datasets,
    "describe": describe,
    "convert": convert,
    "prepare": prepare,
    "simulate": simulate,
    "models": models,
    "fit": fit,
    "compare": compare,
    "tune": tune,
    "test": run_test,
    "predict": predict,
    "infer-network": infer_network,
    "seeds": seeds,
    "rank-users": rank_users,
    "link-prediction": link_prediction,
    "experiments": experiments,
    "reproduce": run_reproduction,
}

OPTION_CLASSES: dict[str, type[Any]] = {
    "read_options": ReadOptions,
    "given_reading": dict,
    "given_cascade_reading": dict,
    "cascade_options": CascadeReadOptions,
    "feature_options": FeatureOptions,
    "task_options": dict,
    "protocol_options": dict,
}
"""What commands get as the groups of options in GROUPS."""

IN_SEVERAL_PROCESSES = ("fit", "infer-network", "test")
"""Commands whose work several processes share."""

SECONDS_TO_PRINT = 10
"""How long a failed process waits for the first one, which usually fails for the same reason, before it prints its own
error."""

RENAMED = {
    "compare": RENAMED_BY_FIT,
    "demo": RENAMED_BY_DEMO,
    "describe": {"unknown": "unknown_users", "links.sep": "link_sep"},
    "fit": RENAMED_BY_FIT,
    "infer-network": {"links.sep": "link_sep"},
    "link-prediction": {"unknown": "unknown_users"},
    "report": RENAMED_BY_REPORT,
    "rank-users": RENAMED_BY_SEEDS,
    "seeds": RENAMED_BY_SEEDS,
    "simulate": RENAMED_BY_SIMULATE,
    "tune": RENAMED_BY_FIT,
}
"""For commands whose options have other names than the arguments that they set: the options by these arguments."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        arguments: Words of the command line after "graphcascade"; those of the process if not given.

    Returns:
        The exit code: 0 after success, 2 after an error message of one line, 128 + n if the signal n stopped the
        command.
    """
    if is_one_of_several():
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # otherwise, torch suggests settings of its own
    # Before torch is imported: threads that wait for others leave the processor to them. By default they keep it busy,
    # which makes training many times as slow beside other processes.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.pop("MPLBACKEND", None)  # pictures go to files, and a notebook's backend may be missing here
    allow_all_characters()
    given = join_repeated(normalize_flags(sys.argv[1:] if arguments is None else arguments))
    logger, handler = logging.getLogger("graphcascade"), logging.StreamHandler(sys.stderr)
    first = not is_one_of_several() or os.environ["RANK"] == "0"
    handler.addFilter(_RepeatFilter())
    handler.setFormatter(_ShortFormatter())
    if first:
        logger.addHandler(handler)
    logger.setLevel(logging.WARNING if "--quiet=true" in given else logging.INFO)
    try:
        with interruptible() as signals, nullcontext() if first else _silent():
            code, message = attempt(given, signals)
    finally:
        logger.removeHandler(handler)
    if code and not first and not signals:  # torchrun ends all processes when one fails: let the first print its error
        time.sleep(SECONDS_TO_PRINT)
    if message and (first or not signals):  # printed here, where the memory of a failed command is free again
        note(f"graphcascade: {shorten_values(message)}")
    return 128 + signals[0] if signals and code else code


def attempt(given: Sequence[str], signals: Sequence[int]) -> tuple[int, str]:
    """Runs a command, and returns the exit code and the last line to print."""
    try:
        run(given or ["--help"])
        sys.stdout.flush()
    except GraphCascadeError as error:
        return 2, f"error: {error}"
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # rich ends the process if nobody reads its output any more
            return 0, ""
        return exit_code(stop.code if isinstance(stop.code, int) else 2), ""
    except BrokenPipeError:
        return 0, ""
    except KeyboardInterrupt:
        return 130, "stopped"
    except Exception as error:
        reason = memory_error(error)
        if signals:  # an interruption may have raised another error
            return 130, "stopped"
        if reason is None and isinstance(error, OSError):  # such as output to a full disk
            reason = f"{error.filename or 'output'}: {error.strerror or error}"
        if reason is None:
            raise
        return 2, f"error: {reason}"
    return 0, ""


@contextmanager
def _silent() -> Iterator[None]:
    """Hides what a process prints that works for the first one, which prints the same."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


class _RepeatFilter(logging.Filter):
    """Drops repeated messages, such as those about a dataset that several models are trained on."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        repeated = text in self.seen
        self.seen.add(text)
        return not repeated


class _ShortFormatter(logging.Formatter):
    """Shortens long values in log messages as in error messages."""

    def format(self, record: logging.LogRecord) -> str:
        return shorten_values(super().format(record))


def exit_code(code: int) -> int:
    """Returns the exit code, or 2 if the help could not be printed."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads the output any more
        return code
    except OSError as error:
        note(f"graphcascade: error: output: {error.strerror or error}")
        return 2
    return code


def make_parsers(names: Iterable[str] = COMMANDS) -> tuple[Parser, dict[str, Parser]]:
    """Returns the parser of the command line, and the parsers of some commands by their names.

    Args:
        names: The commands whose parsers have their options and their help. Of the others, the command line has only
            the names and the first lines of the help, since making all parsers takes long.
    """
    parser = Parser(
        prog="graphcascade",
        usage="graphcascade COMMAND [options]",
        description=str(graphcascade.__doc__).partition("\n")[0],
        epilog="'graphcascade COMMAND --help' explains a command. Start with: graphcascade demo",
        version=graphcascade.__version__,
        formatter_class=Help,
    )
    commands = parser.add_subcommands(dest="command", metavar="COMMAND", title="commands", description=None)
    parsers = {}
    for name, command in COMMANDS.items():
        if name in names:
            parsers[name] = add_command(commands, name, command)
        else:
            commands.add_subcommand(name, Parser(), help=first_line(command))
    return parser, parsers


def run(given: Sequence[str]) -> None:
    """Parses the arguments and runs the command."""
    words, files = config_first(given)
    parser, parsers = make_parsers(words[:1])
    if is_one_of_several() and words[0] in COMMANDS:
        if words[0] not in IN_SEVERAL_PROCESSES:
            commands = " and ".join([", ".join(IN_SEVERAL_PROCESSES[:-1]), IN_SEVERAL_PROCESSES[-1]])
            raise UsageError(f"{words[0]} runs in one process; start it without torchrun, which is for {commands}.")
        start_processes()
    if "--resume=true" in words:  # the configuration to read may be that of an earlier run
        for file in files:
            restore_run(Path(file).parent)
    check_command(parser, words[0], list(COMMANDS))
    settings: dict[str, Any] = {}
    for file in files if words[0] in COMMANDS else ():
        options = read_config(file, {name for name in parsers[words[0]].types if name not in (*GROUPS, "return")})
        settings |= options
        model_args = options["model_args"] if isinstance(options.get("model_args"), dict) else {}
        set_here = set(options) | {f"model_args.{name}" for name in model_args}
        overridden = {word[2:].partition("=")[0] for word in words if word.startswith("--")}
        place = f"{file}, which is of the model {options['model']}" if _names_other_model(words, options) else file
        parsers[words[0]].configured |= dict.fromkeys(set_here - overridden, place)
    if words[0] in COMMANDS:
        check_words(parsers[words[0]], words[1:], settings, COMMANDS)
    config = parser.instantiate(parser.parse_args(words))
    options = vars(config[config.command])
    command, names = COMMANDS[config.command], option_names(COMMANDS[config.command])
    given_names = {word[2:].partition("=")[0] for word in words if word.startswith("--")} | settings.keys()
    inputs = {"config": (options.pop("config", None) or [None])[0]}
    typed = TypedOptions(
        names, RENAMED.get(config.command, {}), options.get("model_args") or (), parsers[config.command].configured
    )
    try:
        check_outputs(options | inputs, names, config.command)
        if is_one_of_several():
            wait_for_processes()  # the first one writes files that the others must not find
        parameters = inspect.signature(command).parameters
        for name in (name for name in GROUPS if name in parameters):
            members = {option.name for group in GROUPS[name]() for option in fields(group)}
            values = {member: options.pop(member) for member in members}
            if name.startswith("given_"):
                values = {member: value for member, value in values.items() if member in given_names}
            options[name] = OPTION_CLASSES[name](**values)
        command(**options)
    except GraphCascadeError as error:
        raise UsageError(typed.describe(error)) from error


def _names_other_model(words: Sequence[str], options: Mapping[str, Any]) -> bool:
    """Whether a command line names another model than a configuration file."""
    values = [word.partition("=")[2] for word in words if word.startswith("--model=")]
    values += [value for word, value in pairwise(words) if word == "--model"]
    return bool(values) and "model" in options and values[-1].lower() != str(options["model"]).lower()


def normalize_flags(words: Sequence[str]) -> list[str]:
    """Replaces --time-unit by --time_unit, and --quiet by --quiet=true."""
    valueless = set().union(*map(flags, COMMANDS.values()))
    result = []
    for place, word in enumerate(words):
        if word.startswith("--") and word != "--":
            name, equals, value = word.partition("=")
            word = "--" + name[2:].replace("-", "_") + equals + value
            following = words[place + 1] if place + 1 < len(words) else ""
            if word in valueless and following not in ("true", "false"):
                word += "=true"
        result.append(word)
    return result
