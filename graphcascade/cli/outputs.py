"""Checks, before a command begins its work, that it can write its files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphcascade.errors import StorageError, UsageError

__all__ = ["check_outputs"]

INPUTS = ("data", "model", "counter", "graph", "follow_graph", "config", "name", "truth", "space", "network")
FILES = ("out", "page", "plot", "write_graph", "report", "errors_out", "json")
FOLDERS = ("demo", "fit", "prepare", "report", "tune")  # commands whose ``out`` is a folder; they check it themselves


def check_outputs(options: Mapping[str, Any], names: Mapping[str, str], command: str) -> None:
    """Raises an error if a command could not write one of its files at the end of its work.

    Args:
        options: Values of the command's options.
        names: How each option is written on the command line.
        command: Name of the command.

    Raises:
        UsageError: A file is also an input or another output, or the command does not write the format of its ending.
        StorageError: A file exists and ``--overwrite`` is not given, or it cannot be written.
    """
    from graphcascade.io.atomic import check_output
    from graphcascade.io.endings import CASCADES, JSON, MARKDOWN, NETWORKS, PAGES, PICTURES, TABLES, file_format

    simulates_folder = any(options.get(kind) is not None for kind in ("retweets", "posts"))
    endings = {
        "page": PAGES,
        "plot": PICTURES,
        "write_graph": NETWORKS,
        "errors_out": TABLES,
        "json": JSON,
        "report": MARKDOWN,
    }
    if command in ("infer-network", "link-prediction"):
        endings["out"] = NETWORKS
    elif command == "convert" or (command == "simulate" and not simulates_folder):
        endings["out"] = CASCADES
    elif command in ("predict", "compare", "rank-users", "seeds"):
        endings["out"] = TABLES
    inputs = [Path(str(options[name])) for name in INPUTS if options.get(name) is not None]
    inputs += [path / "model.safetensors" for path in inputs]
    inputs = [path for path in inputs if os.path.exists(path)]
    outputs = {name: Path(options[name]) for name in FILES if options.get(name) is not None}
    writes_folder = command in FOLDERS or (command == "simulate" and simulates_folder)
    folder = outputs.pop("out", None) if writes_folder else None
    if folder is not None and os.path.exists(folder) and not folder.is_dir():
        raise StorageError(argument="out", value=folder, reason="this is a file; choose a folder, which need not exist")
    used: dict[Path, str] = {}
    for name, path in outputs.items():
        if os.path.exists(path) and any(path.samefile(other) for other in inputs):
            raise UsageError(
                argument=name,
                value=path,
                reason="this file is an input of the command; choose another file to write",
            )
        if name in endings:
            try:
                file_format(path, endings[name])
            except UsageError as error:
                raise UsageError(argument=name, value=path, reason=error.reason) from None
        try:
            target = check_output(path, overwrite=bool(options.get("overwrite")) or name == "report")
        except StorageError as error:
            raise StorageError(argument=name, value=path, reason=error.reason, remedy=error.remedy) from error.__cause__
        if folder is not None and Path(os.path.realpath(folder)) in target.parents:
            raise UsageError(
                argument=name,
                value=path,
                reason="the command writes files of its own to this folder; choose another one",
            )
        if target in used:
            raise UsageError(
                argument=name, value=path, reason=f"{used[target]} names the same file; choose another one"
            )
        used[target] = names[name]
