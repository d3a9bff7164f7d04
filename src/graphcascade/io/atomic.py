from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from graphcascade.errors import GraphCascadeError, StorageError

__all__ = ["atomic_path"]


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Lets a file appear whole or not at all.

    Args:
        path: The file to write; its folder is made if need be. Of a link, the file that it points to is written.

    Yields:
        A temporary path in the same folder to write to. When the block ends it takes the place of ``path``; if the
        block fails it is removed, and what was at ``path`` stays.

    Raises:
        StorageError: The path is a folder or a device; the folder cannot be written to; the disk is full.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        path = path.resolve()  # a link stays a link
        if path.exists() and not path.is_file():
            kind = "a folder" if path.is_dir() else "a device or a pipe"
            raise StorageError(f"{path}: this is {kind}, not a file; nothing was written.")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        _remove(temporary)
        if isinstance(error, GraphCascadeError):
            raise
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        raise StorageError(f"{path}: {reason}; nothing was written.") from error
    except BaseException:
        _remove(temporary)
        raise


_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the folder cannot be written to (read-only)",
    errno.EACCES: "the folder cannot be written to (no permission)",
    errno.EPERM: "the folder cannot be written to (not permitted)",
    errno.EEXIST: "a part of the path is a file, not a folder",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EISDIR: "this is a folder, not a file",
}


def _remove(path: Path | None) -> None:
    if path is not None:
        with suppress(OSError):
            path.unlink()
