from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from filelock import FileLock
from torch import Tensor

from graphcascade.errors import DataError
from graphcascade.io.atomic import atomic_path, storage_error

__all__ = ["FeatureCache"]

VERSION = 1
KEY_SIZE = 32  # bytes of a SHA-256 hash
IN_MEMORY = 64 << 20  # bytes of vectors that are copied to memory rather than to a file
CHUNK = 1 << 14  # vectors that are copied at once
MANIFEST, KEYS, LOCK = "encoder.json", "keys.sha256", "cache.lock"


class FeatureCache:
    """Vectors of one encoder in a folder, found by the SHA-256 hash of what was encoded.

    The folder has three files: ``encoder.json``, the identity of the encoder; ``vectors.f32``, or ``vectors.f16`` in
    half precision, the vectors one after the other; ``keys.sha256``, their hashes in the same order. Both grow at the
    end, first the vectors, then the hashes. A vector counts as written when its hash is. What a killed run left without
    a hash is overwritten by the next run, which continues there. Vectors are read by memory mapping.

    Args:
        folder: The folder, created if it does not exist.
        identity: Identity of the encoder, from :meth:`Encoder.identity`.
        dim: Size ``D`` of the vectors.
        half: Whether vectors are stored in half precision, float16.

    Raises:
        DataError: The folder is the cache of another encoder, or is damaged.
        StorageError: The folder cannot be written to.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> cache = FeatureCache(folder, {"name": "mean colour"}, dim=2)
        >>> key = bytes(32)
        >>> with cache.lock():
        ...     cache.append([key], torch.tensor([[1.0, 2.0]]))
        >>> cache.read([key])
        tensor([[1., 2.]])
    """

    def __init__(self, folder: str | Path, identity: Mapping[str, str], dim: int, half: bool = False) -> None:
        self.folder = Path(folder)
        self.identity = {**identity, "precision": "float16"} if half else dict(identity)
        self.dim = dim
        self._dtype = np.dtype("<f2" if half else "<f4")
        self._vectors = self.folder / ("vectors.f16" if half else "vectors.f32")
        self._row: dict[bytes, int] = {}
        with self.lock():
            pass

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps other processes from writing; what they wrote before is known in the block."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / LOCK)
            lock.acquire()
        except OSError as error:
            raise storage_error(self.folder, error) from error
        try:
            self._check_manifest()
            self._load_keys()
            yield
        finally:
            lock.release()

    def __len__(self) -> int:
        return len(self._row)

    def __contains__(self, key: object) -> bool:
        return key in self._row

    def append(self, keys: Sequence[bytes], vectors: Tensor) -> None:
        """Writes vectors that the cache does not have; call it in a block of :meth:`lock`.

        Args:
            keys: Hashes, ``B`` times 32 bytes, all different.
            vectors: Their vectors, ``[B, D]``.

        Raises:
            StorageError: The disk is full; nothing of this call counts as written.
        """
        values = vectors.detach().to("cpu", torch.float32).contiguous().numpy().astype(self._dtype, copy=False)
        try:
            _write_at(self._vectors, len(self) * self._row_size, values.tobytes())
            _write_at(self.folder / KEYS, len(self) * KEY_SIZE, b"".join(keys))
        except OSError as error:
            raise storage_error(self.folder, error) from error
        for key in keys:
            self._row[key] = len(self._row)

    @property
    def _row_size(self) -> int:
        """Size of a vector in bytes."""
        return self.dim * self._dtype.itemsize

    def read(self, keys: Sequence[bytes | None]) -> Tensor:
        """Returns the vectors of these hashes, ``[N, D]`` float32, or float16 of a cache in half precision.

        The tensor is a memory-mapped view of the file if the vectors are next to each other there; otherwise, if they
        have more than 64 MB, of an ordered copy, which the system deletes when nothing uses it any more; a small number
        of vectors is held in memory. Changes of the tensor do not reach a file.

        Args:
            keys: The hashes; ``None`` gets zeros.

        Raises:
            KeyError: The cache lacks one of them.
            StorageError: The disk is full.
        """
        rows = np.array([-1 if key is None else self._row[key] for key in keys], dtype=np.int64)
        if self.dim == 0 or not bool((rows >= 0).any()):
            return torch.from_numpy(np.zeros((rows.size, self.dim), dtype=self._dtype))
        mapped = np.memmap(self._vectors, dtype=self._dtype, mode="c", shape=(len(self), self.dim))
        if rows[0] >= 0 and bool((np.diff(rows) == 1).all()):
            return torch.from_numpy(mapped[rows[0] : rows[-1] + 1])
        if rows.size * self._row_size <= IN_MEMORY:
            return torch.from_numpy(_gather(mapped, rows))
        try:
            with tempfile.TemporaryFile(dir=self.folder) as file:
                for begin in range(0, rows.size, CHUNK):
                    file.write(_gather(mapped, rows[begin : begin + CHUNK]).tobytes())
                file.flush()
                return torch.from_numpy(np.memmap(file, dtype=self._dtype, mode="c", shape=(rows.size, self.dim)))
        except OSError as error:
            raise storage_error(self.folder, error) from error

    def _check_manifest(self) -> None:
        path = self.folder / MANIFEST
        wanted = {"version": VERSION, "dim": self.dim, "encoder": self.identity}
        if not path.exists():
            if (self.folder / KEYS).exists() or self._vectors.exists():
                raise DataError(f"{self.folder}: a cache of vectors without {MANIFEST}; delete the folder.")
            with atomic_path(path) as temporary:
                temporary.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
            return
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            encoder, version = dict(manifest["encoder"]), manifest["version"]
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise DataError(f"{path}: damaged; delete the folder, and the vectors are computed again.") from error
        if manifest == wanted:
            return
        if version != VERSION:
            raise DataError(f"{self.folder}: a cache of version {version}, this library reads {VERSION}; delete it.")
        names = [f"{identity.get('name')!r}" for identity in (encoder, self.identity)]
        differing = [key for key in sorted({*encoder, *self.identity}) if encoder.get(key) != self.identity.get(key)]
        raise DataError(
            f"{self.folder}: has vectors of the encoder {names[0]}, not of {names[1]} (different: "
            f"{', '.join(differing) or 'dim'}); choose another folder, or delete this one."
        )

    def _load_keys(self) -> None:
        try:
            content = (self.folder / KEYS).read_bytes() if (self.folder / KEYS).exists() else b""
            count = len(content) // KEY_SIZE
            size = self._vectors.stat().st_size if count else 0
        except OSError as error:
            raise DataError(f"{self.folder}: cannot be read ({error.strerror or error}); delete it.") from error
        if count and size < count * self._row_size:
            raise DataError(
                f"{self._vectors}: damaged, {size:,} bytes of {count * self._row_size:,}; delete the folder, and "
                "the vectors are computed again."
            )
        self._row = {
            content[begin : begin + KEY_SIZE]: row for row, begin in enumerate(range(0, count * KEY_SIZE, KEY_SIZE))
        }


def _gather(vectors: npt.NDArray[Any], rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Returns a copy of rows of vectors; zeros for the row -1."""
    gathered = np.asarray(vectors[rows])
    gathered[rows < 0] = 0
    return gathered


def _write_at(path: Path, position: int, content: bytes) -> None:
    """Writes bytes behind the first ``position`` bytes of a file, and removes what an interrupted run left there."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(position)
        file.seek(position)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
