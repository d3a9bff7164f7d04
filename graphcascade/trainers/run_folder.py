from __future__ import annotations

import itertools
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from graphcascade.errors import UsageError
from graphcascade.io.atomic import storage_error
from graphcascade.processes import broadcast_from_first, is_first_process, wait_for_processes

__all__ = ["RunFolder"]

logger = logging.getLogger(__name__)

FILES = (
    *("config.json", "checkpoints", "logs", "model.safetensors"),
    *("validation.json", "result.json", "times.json", "counters.json"),
)
KEPT = (Path("checkpoints") / "last.ckpt", Path("model.safetensors"))


class RunFolder:
    """A folder that holds one training run, and that one process uses at a time.

    A new run may replace the one in the folder. The earlier run is never lost and never stays hidden, wherever the
    process is killed:

    1. The process locks ``.lock``. The operating system releases the lock when the process ends, however it ends.
    2. The files of the earlier run are moved to ``.replacing``, and then this folder is renamed to ``.replaced``.
    3. The new run trains. As soon as it has something to keep (``checkpoints/last.ckpt`` of its first epoch, or
       ``model.safetensors``), it is the run of this folder.
    4. If it ends well, or fails after step 3, ``.replaced`` is deleted. If it fails before, its files are deleted,
       ``.replaced`` is renamed to ``.replacing``, and the earlier files are moved back.

    After a kill, the next process that locks the folder goes on from what it finds: files in ``.replacing`` are moved
    back, since they were on their way in one direction or the other, and with ``.replaced`` it does step 4.

    Args:
        path: The folder; :meth:`lock` creates it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @classmethod
    def create(cls, path: Path) -> RunFolder:
        """Creates a new folder: ``path``, or if that exists the first of ``path-2``, ``path-3``, ... that does not.

        Raises:
            StorageError: The folder cannot be created.
        """
        if not is_first_process():
            return cls(broadcast_from_first(path))
        for number in itertools.count(1):
            folder = path if number == 1 else path.with_name(f"{path.name}-{number}")
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise storage_error(folder, error) from error
            break
        return cls(broadcast_from_first(folder))

    @property
    def has_run(self) -> bool:
        """Whether the folder has a file of a run, be it unfinished."""
        return any((self.path / name).exists() for name in FILES)

    @property
    def has_checkpoint(self) -> bool:
        """Whether a run has finished an epoch here, so that it can be resumed."""
        return (self.path / KEPT[0]).exists()

    @property
    def has_result(self) -> bool:
        """Whether the run here has something to keep: the checkpoint of an epoch, or a model."""
        return any((self.path / name).exists() for name in KEPT)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps other processes out, and first cleans up after one that was killed.

        A folder that is empty in the end is removed. A function that holds the lock may call others that take it. If
        several processes train together, the first one holds the lock for all.

        Raises:
            UsageError: Another process uses the folder.
            StorageError: The folder cannot be created or written to.
        """
        if not is_first_process():
            wait_for_processes()  # until the first one has the lock
            yield
            return
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(Path(os.path.realpath(self.path)) / ".lock", timeout=0, is_singleton=True)
            nested = lock.is_locked
            lock.acquire()
        except Timeout:
            raise UsageError(
                f"{self.path}: another process is using this folder; wait until it has ended, or name another folder."
            ) from None
        except OSError as error:
            raise storage_error(self.path, error) from error
        try:
            if not nested:
                self._clean_up()
            wait_for_processes()
            yield
        finally:
            try:
                if not nested and [path.name for path in self.path.iterdir()] == [".lock"]:
                    (self.path / ".lock").unlink()
                    self.path.rmdir()
            except OSError as error:  # such as a folder that was deleted in the meantime
                logger.debug("%s: the empty folder was not removed (%s)", self.path, error)
            finally:
                lock.release()

    @contextmanager
    def replace(self) -> Iterator[None]:
        """Moves the run in the folder out of the way of a new one, and back if the new one fails early.

        Raises:
            StorageError: The files cannot be moved.
        """
        if not is_first_process():
            yield
            return
        if self.has_run:
            moving = self.path / ".replacing"
            try:
                moving.mkdir()
                for name in FILES:
                    if (self.path / name).exists():
                        (self.path / name).rename(moving / name)
                moving.rename(self.path / ".replaced")
            except OSError as error:
                self._settle()
                raise storage_error(self.path, error) from error
        try:
            yield
        except BaseException:
            if not self._settle() and not self.has_result:
                self._delete_run()
            raise
        if (self.path / ".replaced").exists():
            shutil.rmtree(self.path / ".replaced")

    def _clean_up(self) -> None:
        try:
            restored = self._settle()
        except OSError as error:
            raise storage_error(self.path, error) from error
        if restored:
            logger.warning(
                "%s: restored the earlier run, since the run that was to replace it was killed before its first epoch "
                "ended.",
                self.path,
            )

    def _settle(self) -> bool:
        """Deletes the replaced run if the new one has something to keep; otherwise moves it back and returns True."""
        replaced, moving = self.path / ".replaced", self.path / ".replacing"
        if replaced.exists() and self.has_result:
            shutil.rmtree(replaced)
        elif replaced.exists():
            self._delete_run()
            replaced.rename(moving)
        if not moving.exists():
            return False
        earlier = list(moving.iterdir())
        for path in earlier:
            path.rename(self.path / path.name)
        moving.rmdir()
        return bool(earlier)

    def _delete_run(self) -> None:
        for name in FILES:
            if (self.path / name).is_dir():
                shutil.rmtree(self.path / name)
            else:
                (self.path / name).unlink(missing_ok=True)
