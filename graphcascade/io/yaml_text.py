from __future__ import annotations

import json
from typing import Any

import yaml

from graphcascade.errors import DataError

__all__ = ["parse_yaml"]

MAX_NODES = 10**6
"""Largest number of values in a document: a few lines that refer to each other can stand for billions of them."""


def parse_yaml(text: str, where: str) -> Any:
    """Reads a YAML or JSON document whose keys must not repeat.

    Args:
        text: The document.
        where: The file, for messages; if it ends in ".json", messages are about JSON.

    Raises:
        DataError: The text is not valid, a key of a mapping is given twice, values are nested too deeply, or
            references repeat values very often; the message names the line.

    >>> parse_yaml("{dim: 3, names: [a, b]}", "my.yaml")
    {'dim': 3, 'names': ['a', 'b']}
    >>> parse_yaml("dim: 3\\ndim: 4\\n", "my.yaml")
    Traceback (most recent call last):
        ...
    graphcascade.errors.DataError: my.yaml, line 2: 'dim' is given twice.
    """
    is_json = where.lower().endswith(".json")
    try:
        if is_json and text.strip():
            json.loads(text)
        _check_keys(yaml.compose(text, Loader=yaml.SafeLoader), where, {})
        return yaml.safe_load(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{where}, line {error.lineno}: not valid JSON ({error.msg}).") from None
    except RecursionError:
        raise DataError(f"{where}: its values are nested too deeply.") from None
    except DataError:
        raise
    except (yaml.YAMLError, ValueError) as error:  # ValueError: impossible dates and numbers
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f", line {mark.line + 1}"
        problem = getattr(error, "problem", None) or "a value cannot be read"
        raise DataError(f"{where}{line}: not valid {'JSON' if is_json else 'YAML'} ({problem}).") from None


def _check_keys(node: Any, where: str, sizes: dict[int, int]) -> int:
    """Checks the mappings in a YAML document.

    Args:
        node: A node of the document.
        where: The file, for messages.
        sizes: Sizes of the nodes that were checked already, since references share nodes.

    Returns:
        The number of nodes, in which a node that is referred to counts each time.

    Raises:
        DataError: A key occurs twice, or references repeat values very often.
    """
    if id(node) in sizes:
        return sizes[id(node)]
    size = sizes[id(node)] = 1  # of a node that contains itself
    if isinstance(node, yaml.SequenceNode):
        size += sum(_check_keys(entry, where, sizes) for entry in node.value)
    elif isinstance(node, yaml.MappingNode):
        keys = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in keys:
                    raise DataError(f"{where}, line {key.start_mark.line + 1}: {key.value!r} is given twice.")
                keys.add(key.value)
            size += 1 + _check_keys(value, where, sizes)
    if size > MAX_NODES:
        raise DataError(
            f"{where}, line {node.start_mark.line + 1}: its references repeat values more than {MAX_NODES:,} times."
        )
    sizes[id(node)] = size
    return size
