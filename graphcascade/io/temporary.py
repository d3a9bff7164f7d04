"""Temporary files, which a later run removes if their process was killed."""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = ["create_temporary", "remove_abandoned"]

PREFIX = ".graphcascade-"
NAME = re.compile(re.escape(PREFIX) + r"[a-z0-9_]{8}(\..*)?", re.DOTALL)
logger = logging.getLogger(__name__)


def create_temporary(folder: Path, suffix: str) -> tuple[int, Path]:
    """Creates an empty temporary file, and removes those in the folder whose processes were killed.

    Args:
        folder: Folder of the file.
        suffix: Ending of its name.

    Returns:
        A file descriptor and the path. While the descriptor is open, it holds a lock, which shows other processes
        that the file is in use.

    Raises:
        OSError: The folder cannot be written to.
    """
    remove_abandoned(folder)
    while True:
        descriptor, name = tempfile.mkstemp(prefix=PREFIX, suffix=suffix, dir=folder)
        if sys.platform == "win32":
            return descriptor, Path(name)
        with suppress(OSError):  # the file system has no locks; then nothing is removed there
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Another process may have removed the file before it was locked.
        if os.path.exists(name) and os.path.samestat(os.fstat(descriptor), os.stat(name)):
            return descriptor, Path(name)
        os.close(descriptor)


def remove_abandoned(folder: Path) -> None:
    """Removes the temporary files in a folder that no process holds a lock on."""
    if sys.platform == "win32":
        return
    for path in folder.glob(f"{PREFIX}*"):
        if not NAME.fullmatch(path.name) or path.is_symlink() or not path.is_file():
            continue
        with suppress(OSError):  # it is in use, belongs to another user, or is gone
            descriptor = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                logger.info("%s: removed; a run that was killed left this temporary file.", path)
            finally:
                os.close(descriptor)
