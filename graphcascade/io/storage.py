"""Processed cascades in one file: safetensors with a JSON description, never pickle."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data import CascadeTable, Repairs
from graphcascade.errors import DataError
from graphcascade.io.atomic import atomic_path, storage_error
from graphcascade.io.lines import require_file
from graphcascade.io.plain_values import check_fields, check_plain, is_count, is_dict, is_time_unit, is_unique_strings
from graphcascade.io.table_check import check_table

__all__ = [
    "TABLE_FIELDS",
    "describe_table",
    "load_manifest",
    "load_table",
    "make_table",
    "read_tensors",
    "save_table",
    "write_tensors",
]

SCHEMA_VERSION = 1
DESCRIPTION = "graphcascade"
TENSORS = ("user", "time", "ptr", "item", "parent", "part", "cut", "growth")
GRAPHS = ("follow_graph", "true_graph")
TABLE_FIELDS = {
    "graphs": lambda value: is_dict(value) and value.keys() <= {*GRAPHS} and all(map(is_count, value.values())),
    "user_ids": is_unique_strings,
    "item_ids": is_unique_strings,
    "time_unit": is_time_unit,
    "times_absolute": lambda value: isinstance(value, bool),
    "times_are_dates": lambda value: isinstance(value, bool),
    "follow_edges_outside": is_count,
    "repairs": lambda value: is_dict(value) and all(map(_is_repair, value.values())),
    "delays": lambda value: value is None or isinstance(value, str),
    "horizon": lambda value: value is None or isinstance(value, str),
    "recorded": lambda value: value is None or isinstance(value, str),
    "dropped": is_count,
    "name": lambda value: isinstance(value, str),
}
"""Fields of the description of processed cascades, and their checks."""


def _is_repair(value: object) -> bool:
    """Returns whether a value is a count, or counts by reason."""
    return is_count(value) or (isinstance(value, dict) and all(map(is_count, value.values())))


def save_table(table: CascadeTable, path: str | Path, manifest: Mapping[str, Any], *, overwrite: bool = False) -> None:
    """Writes processed cascades and a manifest.

    Args:
        table: The cascades.
        path: File to write, completely or not at all.
        manifest: Plain values by which to tell whether the file is stale: checksums, configuration.
        overwrite: Whether to replace a file that exists.

    Raises:
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    tensors, fields = describe_table(table)
    description = {
        "manifest": dict(manifest),
        **fields,
        "user_ids": table.user_ids.tolist(),
        "item_ids": table.item_ids.tolist(),
    }
    write_tensors(path, tensors, description, SCHEMA_VERSION, overwrite=overwrite)


def describe_table(table: CascadeTable) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Returns the tensors of a table by name, without its fingerprints, and its plain values, without its ids."""
    tensors = {name: getattr(table, name) for name in TENSORS if getattr(table, name) is not None}
    graphs: dict[str, int] = {}
    for name in GRAPHS:
        graph = getattr(table, name)
        if graph is not None:
            graphs[name] = graph.num_nodes
            tensors |= {f"{name}.{key}": value for key, value in graph.to_dict().items() if isinstance(value, Tensor)}
    return tensors, {
        "graphs": graphs,
        "time_unit": table.time_unit,
        "times_absolute": table.times_absolute,
        "times_are_dates": table.times_are_dates,
        "follow_edges_outside": table.follow_edges_outside,
        "repairs": asdict(table.repairs),
        "delays": table.delays,
        "horizon": None if table.horizon is None else repr(table.horizon),
        "recorded": None if table.recorded is None else repr(table.recorded),
        "dropped": table.dropped,
        "name": table.name,
    }


def make_table(
    tensors: Mapping[str, Tensor],
    about: Mapping[str, Any],
    user_ids: npt.NDArray[np.object_],
    item_ids: npt.NDArray[np.object_],
    fingerprint: Tensor | None = None,
) -> CascadeTable:
    """Returns the table that :func:`describe_table` described.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: The tensors and values are not those of a table.
    """
    fields: dict[str, Any] = {name: tensors[name] for name in TENSORS if name in tensors}
    for name, num_nodes in about["graphs"].items():
        prefix = f"{name}."
        parts = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        fields[name] = Data(**parts, num_nodes=num_nodes)
    table = CascadeTable(
        **fields,
        user_ids=user_ids,
        item_ids=item_ids,
        fingerprint=fingerprint,
        time_unit=about["time_unit"],
        times_absolute=about["times_absolute"],
        times_are_dates=about["times_are_dates"],
        follow_edges_outside=about["follow_edges_outside"],
        repairs=Repairs(**about["repairs"]),
        delays=about["delays"],
        horizon=None if about["horizon"] is None else float(about["horizon"]),
        recorded=None if about["recorded"] is None else float(about["recorded"]),
        dropped=about["dropped"],
        name=about["name"],
    )
    check_table(table)
    return table


def load_manifest(path: str | Path) -> dict[str, Any]:
    """Reads the manifest of a processed file.

    Raises:
        MissingFileError: There is no such file.
        DataError: The file is truncated, foreign, or of another version.
    """
    about = read_tensors(path, SCHEMA_VERSION, only_description=True)[1]
    check_fields(path, about, {"manifest": is_dict})
    manifest: dict[str, Any] = about["manifest"]
    return manifest


def load_table(path: str | Path) -> CascadeTable:
    """Reads the cascades of a processed file.

    Raises:
        MissingFileError: There is no such file.
        DataError: The file is truncated, foreign, or of another version.
    """
    tensors, about = read_tensors(path, SCHEMA_VERSION)
    if is_dict(about):
        about.setdefault("times_are_dates", False)  # older files lack it
        about.setdefault("recorded", None)
    check_fields(path, about, TABLE_FIELDS)
    try:
        user_ids, item_ids = (np.array(about[name], dtype=object) for name in ("user_ids", "item_ids"))
        return make_table(tensors, about, user_ids, item_ids)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _incomplete_error(path, error) from error


def write_tensors(
    path: str | Path, tensors: Mapping[str, Tensor], description: Any, version: int, *, overwrite: bool = False
) -> None:
    """Writes tensors and plain values to one safetensors file, completely or not at all.

    Args:
        path: File to write.
        tensors: Tensors by name.
        description: Plain values, as JSON can hold.
        version: Version of the structure of ``description``.
        overwrite: Whether to replace a file that exists.

    Raises:
        TypeError: A value of the description would not be the same after reading.
        StorageError: The file exists already; the folder cannot be written to; the disk is full.
    """
    check_plain(description)
    text = json.dumps({"version": version, "content": description}, ensure_ascii=False)
    encoded = text.encode("utf-8", "surrogatepass")
    # Tensors are copied, because safetensors does not accept tensors that share memory.
    whole = {name: value.detach().cpu().clone(memory_format=torch.contiguous_format) for name, value in tensors.items()}
    whole[DESCRIPTION] = torch.from_numpy(np.frombuffer(encoded, dtype=np.uint8).copy())
    with atomic_path(path, overwrite=overwrite) as temporary:
        try:
            save_file(whole, temporary)
        except SafetensorError as error:
            os_error = re.search(r"os error (\d+)", str(error))
            if os_error is None:
                raise
            raise OSError(int(os_error[1]), os.strerror(int(os_error[1]))) from error


def read_tensors(path: str | Path, version: int, only_description: bool = False) -> tuple[dict[str, Tensor], Any]:
    """Reads what :func:`write_tensors` wrote.

    Returns:
        The tensors (none with ``only_description``) and the plain values.

    Raises:
        MissingFileError: There is no such file.
        DataError: The file is truncated, foreign, or of another version.
    """
    path = require_file(path)
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads(
                file.get_tensor(DESCRIPTION).numpy().tobytes()
            )  # decoded from bytes, so that surrogates are kept
            names = [] if only_description else [name for name in file.keys() if name != DESCRIPTION]  # noqa: SIM118
            tensors = {name: file.get_tensor(name) for name in names}
        found, content = about["version"], about["content"]
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError, OSError) as error:
        raise _incomplete_error(path, error) from error
    if found != version:
        raise DataError(f"{path}: written in version {found} of the format; this library reads version {version}.")
    return tensors, content


def is_tensor_file(path: str | Path) -> bool:
    """Whether a file begins like a safetensors file: 8 bytes with the length of a JSON object, and the object."""
    try:
        with Path(path).open("rb") as file:
            return file.read(9)[8:] == b"{"
    except OSError as error:
        raise storage_error(path, error) from error


def _incomplete_error(path: str | Path, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return DataError(f"{path}: not a complete file of graphcascade ({reason}); use another file, or create it again.")
