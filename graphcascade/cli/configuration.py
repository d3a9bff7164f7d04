"""Files of options for ``--config``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from graphcascade.errors import UsageError, suggest

__all__ = ["config_first", "read_config"]

OPTION = "--config"


def config_first(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Moves ``--config FILE`` in front of the other words, so that options on the command line override the file.

    Returns:
        The words, and the configuration files.
    """
    command, rest = list(words[:1]), list(words[1:])
    moved: list[str] = []
    files: list[str] = []
    others: list[str] = []
    while rest:
        word = rest.pop(0)
        if word == OPTION and rest:
            word = f"{OPTION}={rest.pop(0)}"
        if word.startswith(f"{OPTION}="):
            moved.append(word)
            files.append(word.partition("=")[2])
        else:
            others.append(word)
    return [*command, *moved, *others], files


def read_config(file: str, known: Collection[str]) -> dict[str, Any]:
    """Reads a file of options and checks their names.

    Args:
        file: A YAML or JSON file.
        known: Names of the options of the command, with underscores.

    Returns:
        The options by name.

    Raises:
        MissingFileError: There is no such file.
        UsageError: The file is not text, has no options, or has one that the command does not know.
        DataError: The file is not valid YAML or JSON, or gives an option twice.
    """
    from graphcascade.io.lines import require_file
    from graphcascade.io.yaml_text import parse_yaml

    path = require_file(file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    except OSError as error:
        raise UsageError(f"{OPTION} {file}: cannot be read ({error.strerror or error}).") from None
    if "\0" in text:
        raise UsageError(f"{OPTION} {file}: this is not a text file; give a YAML or JSON file of options.")
    content = parse_yaml(text, f"{OPTION} {file}")
    if not isinstance(content, dict) or not content:
        raise UsageError(
            f"{OPTION} {file}: has no options; give a YAML or JSON file with a name and a value for each option, such "
            "as 'seed: 3'. A file of cascades is given without --config."
        )
    for name in content:
        root = str(name).partition(".")[0]
        if root not in known:
            hint = suggest(root.replace("-", "_").lower(), known, "see --help for those that it has.")
            raise UsageError(f"{OPTION} {file}: the command has no option {name!r}; {hint}")
    return content
