from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from graphcascade.errors import GraphCascadeError, StorageError
from graphcascade.io.temporary import create_temporary

__all__ = ["atomic_path", "check_output", "storage_error"]


def check_output(path: str | Path, *, overwrite: bool = False) -> Path:
    """Checks that a file can be written, before the work whose result it will hold.

    Args:
        path: The file to write.
        overwrite: Whether to replace a file that exists.

    Returns:
        The path to write to. If ``path`` is a symbolic link, this is the file that it points to.

    Raises:
        StorageError: The file exists and ``overwrite`` is false; the path is a folder, a device or a broken link;
            the folder cannot be written to.
    """
    try:
        target = Path(path).resolve()
        mode = target.stat().st_mode
    except FileNotFoundError:
        folder = next(parent for parent in target.parents if parent.exists())
    except RuntimeError as error:  # before Python 3.13, for a link to itself
        raise storage_error(path, OSError(errno.ELOOP, "")) from error
    except OSError as error:
        raise storage_error(path, error) from error
    else:
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a device or a pipe"
            raise StorageError(value=path, reason=f"this is {kind}, not a file; nothing was written")
        if not overwrite:
            raise StorageError(
                value=path,
                reason="this file exists already and was not replaced; choose another name, or replace it with",
                remedy=("overwrite", True),
            )
        folder = target.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise storage_error(path, OSError(errno.EACCES, ""))
    return target


@contextmanager
def atomic_path(path: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Writes a file completely or not at all.

    Args:
        path: The file to write. Its folder is created if it does not exist. If ``path`` is a symbolic link, the file
            that it points to is written.
        overwrite: Whether to replace a file that exists.

    Yields:
        A temporary path in the same folder to write to. When the block ends, the temporary file takes the place of
        ``path``. If the block fails, the temporary file is removed, and ``path`` stays as it was.

    Raises:
        StorageError: The file exists and ``overwrite`` is false; the path is a folder or a device; the folder cannot be
            written to; the disk is full.
    """
    temporary, descriptor = None, None
    target = check_output(path, overwrite=overwrite)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = create_temporary(target.parent, target.suffix)
        yield temporary
        with temporary.open("rb+") as written:  # a writer may have replaced the file
            os.fsync(written.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        check_output(path, overwrite=overwrite)  # the file may have been created in the meantime
        temporary.replace(target)
    except OSError as error:
        _remove(temporary)
        if isinstance(error, GraphCascadeError):
            raise
        raise storage_error(path, error) from error
    except BaseException:
        _remove(temporary)
        raise
    finally:
        if descriptor is not None:
            os.close(descriptor)


def storage_error(path: str | Path, error: OSError) -> StorageError:
    """Returns a one-line error for an error of the operating system while writing ``path``."""
    number = error.errno or 0
    if number in (errno.EEXIST, errno.ENOTDIR) and _is_loop(path):
        number = errno.ELOOP
    reason = _REASONS.get(number, error.strerror or str(error))
    return StorageError(value=path, reason=f"{reason}; nothing was written")


def _is_loop(path: str | Path) -> bool:
    try:
        os.stat(path)
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the folder cannot be written to (read-only)",
    errno.EACCES: "the folder cannot be written to (no permission)",
    errno.EPERM: "the folder cannot be written to (not permitted)",
    errno.EEXIST: "a part of the path is a file, not a folder",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EISDIR: "this is a folder, not a file",
    errno.ELOOP: "this symbolic link leads back to itself",
    errno.ENAMETOOLONG: "the name is too long",
}


def _remove(path: Path | None) -> None:
    if path is not None:
        with suppress(OSError):
            path.unlink()
