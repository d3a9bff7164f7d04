"""Prepared cascades: a folder of flat arrays that are mapped into memory when they are used, and never pickle.

``metadata.json`` has the plain values of the data, what they were made from, and the size and SHA-256 of each array.
The arrays are files of NumPy: those of :class:`~graphcascade.data.CascadeTable` under their names, and the ids as two
each.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from filelock import FileLock, Timeout

from graphcascade.data import CascadeDataset, CascadeTable
from graphcascade.data.cascades.fingerprints import cascade_fingerprints
from graphcascade.errors import DataError, GraphCascadeError, MissingFileError, StorageError
from graphcascade.io.atomic import storage_error
from graphcascade.io.json_file import write_json
from graphcascade.io.plain_values import check_fields, is_count, is_dict
from graphcascade.io.storage import TABLE_FIELDS, describe_table, make_table
from graphcascade.io.stored_ids import StoredIds, map_array, write_ids

__all__ = [
    "check_prepared_folder",
    "file_digest",
    "is_prepared_folder",
    "new_prepared_folder",
    "open_prepared",
    "write_arrays",
    "write_metadata",
]

METADATA = "metadata.json"
KIND = "prepared cascades of graphcascade"
VERSION = 1
IDS = ("user_ids", "item_ids")
TEMPORARY = ".graphcascade-prepare-"
FIELDS = {
    **{name: check for name, check in TABLE_FIELDS.items() if name not in IDS},
    "source": is_dict,
    "files": lambda value: is_dict(value) and all(map(_is_file, value.items())),
}
"""Fields of the metadata, and their checks."""


def _is_file(item: tuple[str, Any]) -> bool:
    name, value = item
    named = re.fullmatch(r"[a-z_.]+", name) is not None and ".." not in name
    return named and is_dict(value) and is_count(value.get("size")) and isinstance(value.get("sha256"), str)


def is_prepared_folder(path: str | Path) -> bool:
    """Whether a path is a folder of prepared cascades, which may be damaged."""
    try:
        with (Path(path) / METADATA).open("rb") as file:
            return KIND.encode() in file.read(200)
    except (OSError, ValueError):
        return False


def open_prepared(path: str | Path) -> CascadeDataset:
    """Opens a folder of prepared cascades. Its arrays are mapped into memory: parts are read when they are used.

    All files are compared with the sizes and checksums of the metadata first, which reads them once.

    Args:
        path: The folder; see :func:`~graphcascade.io.prepare_cascades`.

    Raises:
        MissingFileError: There is no such folder, or it has no prepared cascades.
        DataError: It is incomplete, damaged, or of another version.
    """
    path = Path(path)
    advice = "prepare it again"
    if not is_prepared_folder(path):
        raise MissingFileError(f"{path}: this is no folder that 'graphcascade prepare' wrote (no {METADATA} of it).")
    try:
        about = json.loads((path / METADATA).read_bytes())
        found = about["version"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{path}: damaged: {METADATA} cannot be read ({error}); {advice}.") from error
    if found != VERSION:
        raise DataError(f"{path}: written in version {found} of the format; this library reads version {VERSION}.")
    check_fields(path / METADATA, about, FIELDS)
    for name, expected in about["files"].items():
        file = path / f"{name}.npy"
        try:
            size = file.stat().st_size
            damaged = size != expected["size"] or file_digest(file) != expected["sha256"]
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: incomplete: {file.name} cannot be read ({error}); {advice}.") from error
        if damaged:
            raise DataError(
                f"{path}: damaged: {file.name} is not the file that was written ({size:,} bytes, and "
                f"{expected['size']:,} were written); {advice}."
            )
    try:
        tensors = {
            name: torch.from_numpy(map_array(path / f"{name}.npy"))
            for name in about["files"]
            if not name.startswith(IDS)
        }
        ids = [StoredIds(path, name) for name in IDS]
        # Users are few and are looked up often; items may be as many as cascades, and stay in their file.
        table = make_table(tensors, about, ids[0][:], cast(Any, ids[1]), tensors.pop("fingerprint"))
        if table.fingerprint is None or table.fingerprint.shape != (table.num_cascades,):
            raise ValueError("'fingerprint' has another length")
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: damaged: its arrays do not fit together ({error}); {advice}.") from error
    return CascadeDataset(table)


def check_prepared_folder(path: str | Path, *, overwrite: bool = False) -> Path:
    """Checks that a folder can be written, before the work whose result it will hold; returns its real path.

    Raises:
        StorageError: The path is a file, or a folder that is not empty, unless it has prepared cascades and
            ``overwrite`` is true; or its parent folder cannot be written to.
    """
    path = Path(path)
    try:
        target = Path(os.path.realpath(path))
        if os.path.lexists(target) and not target.is_dir():
            raise StorageError(value=path, reason="this is a file; choose a folder, which need not exist")
        if target.is_dir() and any(target.iterdir()):
            if not is_prepared_folder(target):
                raise StorageError(
                    value=path, reason="this folder has other files in it; choose a new folder; nothing was written"
                )
            if not overwrite:
                raise StorageError(
                    value=path,
                    reason="this folder has prepared cascades already and was not replaced; choose another name, or "
                    "replace it with",
                    remedy=("overwrite", True),
                )
        beside = next(parent for parent in target.parents if parent.exists())
    except (OSError, ValueError) as error:
        if isinstance(error, GraphCascadeError):
            raise
        raise storage_error(path, error if isinstance(error, OSError) else OSError(str(error))) from error
    if not os.access(beside, os.W_OK | os.X_OK):
        raise StorageError(value=path, reason="the folder cannot be written to (no permission); nothing was written")
    return target


@contextmanager
def new_prepared_folder(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Writes a folder completely or not at all.

    Args:
        path: The folder to write.
        overwrite: Whether to replace a folder that has prepared cascades.

    Yields:
        A temporary folder beside it to write to. When the block ends, it takes the place of ``path``. If the block
        fails, it is removed, and ``path`` stays as it was.

    Raises:
        StorageError: See :func:`check_prepared_folder`; or the disk is full.
    """
    target = check_prepared_folder(path, overwrite=overwrite)
    temporary = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target.parent)
        temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=target.parent))
        lock = FileLock(temporary / ".lock")
        with lock:
            content = temporary / "content"
            content.mkdir()
            yield content
            for file in content.iterdir():
                with file.open("rb+") as written:
                    os.fsync(written.fileno())
            check_prepared_folder(path, overwrite=overwrite)  # it may have been created in the meantime
            if target.exists():
                target.rename(temporary / "replaced")
            content.rename(target)
    except OSError as error:
        if isinstance(error, GraphCascadeError):
            raise
        raise storage_error(path, error) from error
    finally:
        if temporary is not None:
            if (temporary / "replaced").exists() and not target.exists():  # the second of the two renames failed
                with suppress(OSError):
                    (temporary / "replaced").rename(target)
            shutil.rmtree(temporary, ignore_errors=True)


def _remove_abandoned(folder: Path) -> None:
    """Removes the temporary folders of processes that were killed; a folder that one replaced is moved back."""
    for path in folder.glob(f"{TEMPORARY}*/.lock"):
        with suppress(OSError, Timeout), FileLock(path, timeout=0):
            if not (path.parent / "replaced").exists():
                shutil.rmtree(path.parent, ignore_errors=True)


def write_arrays(table: CascadeTable, folder: Path) -> None:
    """Writes the tensors and the ids of a table to a folder."""
    fingerprint = cascade_fingerprints(table) if table.fingerprint is None else table.fingerprint
    for name, tensor in (describe_table(table)[0] | {"fingerprint": fingerprint}).items():
        np.save(folder / f"{name}.npy", tensor.numpy(), allow_pickle=False)
    write_ids(folder, "user_ids", table.user_ids)
    write_ids(folder, "item_ids", table.item_ids)


def write_metadata(folder: Path, about: Mapping[str, Any], source: Mapping[str, Any]) -> None:
    """Writes the metadata of the arrays in a folder.

    Args:
        folder: The folder, with all arrays.
        about: Plain values; see :func:`~graphcascade.io.storage.describe_table`.
        source: What the cascades were made from, for the record.
    """
    files = {
        path.stem: {"size": path.stat().st_size, "sha256": file_digest(path)} for path in sorted(folder.glob("*.npy"))
    }
    write_json(folder / METADATA, {"kind": KIND, "version": VERSION, **about, "source": dict(source), "files": files})


def file_digest(path: Path) -> str:
    """Returns the SHA-256 of a file in hex digits, without reading it into memory as a whole."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(2**20):
            digest.update(part)
    return digest.hexdigest()
