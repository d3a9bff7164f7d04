"""Files of options for ``--config``."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from typing import Any

from graphcascade.errors import UsageError

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
        UsageError: The file is not text, not YAML, has no options, or has one that the command does not know.
    """
    import yaml

    from graphcascade.io.lines import require_file

    path = require_file(file)
    try:
        text = path.read_text(encoding="utf-8-sig")
        _check_keys(yaml.compose(text, Loader=yaml.SafeLoader))
        content = yaml.safe_load(text)
    except (UnicodeDecodeError, yaml.reader.ReaderError):
        raise UsageError(f"{OPTION} {file}: this is not a text file; give a YAML or JSON file of options.") from None
    except OSError as error:
        raise UsageError(f"{OPTION} {file}: cannot be read ({error.strerror or error}).") from None
    except RecursionError:
        raise UsageError(f"{OPTION} {file}: its values are nested too deeply.") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: impossible dates and numbers
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f", line {mark.line + 1}"
        problem = getattr(error, "problem", None) or "a value cannot be read"
        raise UsageError(f"{OPTION} {file}{line}: not valid YAML or JSON ({problem}).") from None
    if not isinstance(content, dict) or not content:
        raise UsageError(
            f"{OPTION} {file}: has no options; give a YAML or JSON file with a name and a value for each option, such "
            "as 'seed: 3'. A file of cascades is given without --config."
        )
    for name in content:
        root = str(name).partition(".")[0]
        if root not in known:
            near = difflib.get_close_matches(root.replace("-", "_"), known, n=1)
            hint = f"did you mean {near[0]}?" if near else "see --help for those that it has."
            raise UsageError(f"{OPTION} {file}: the command has no option {name!r}; {hint}")
    return content


def _check_keys(node: Any) -> None:
    """Raises an error if a mapping in a YAML document, or in one of its values, has a key twice.

    Raises:
        yaml.MarkedYAMLError: A key occurs twice.
    """
    import yaml

    if not isinstance(node, yaml.MappingNode):
        return
    keys = set()
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in keys:
                raise yaml.MarkedYAMLError(problem=f"{key.value!r} is given twice", problem_mark=key.start_mark)
            keys.add(key.value)
        _check_keys(value)
