from __future__ import annotations

import csv
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.record_writer import RecordWriter
from tensorboardX.summary import scalar

from graphcascade.io import atomic_path
from graphcascade.io.atomic import storage_error

__all__ = ["TrainingLog"]

Row = dict[str, int | float]


class TrainingLog:
    """Figures of all finished epochs, as a table (``metrics.csv``) and for TensorBoard.

    An epoch has two rows, one for validation and one for training. The table is written again as a whole after each
    epoch: when a run is resumed, the rows of its checkpoint take the place of all that is in the file. TensorBoard's
    file only grows; a resumed run begins a new one and tells TensorBoard from which step on older files do not count.
    It is written without a thread, so that a full disk is an error where it happens.

    Args:
        folder: Folder of the files; it is created when the first one is written.
        rows: Rows of the epochs before, of a resumed run.
    """

    def __init__(self, folder: Path, rows: Sequence[Row] = ()) -> None:
        self.folder = folder
        self.rows = list(rows)
        # A process that was killed may have written the last epoch's rows to its checkpoint only.
        self._unwritten = [row for row in self.rows if row["epoch"] == self.rows[-1]["epoch"]]
        self._events: RecordWriter | None = None

    def add(self, epoch: int, step: int, figures: Mapping[str, float]) -> None:
        """Adds the rows of an epoch; figures whose names begin with ``val_`` are those of the validation."""
        for of_validation in (True, False):
            part = {name: value for name, value in figures.items() if name.startswith("val_") is of_validation}
            if part:
                row: Row = {"epoch": epoch, "step": step, **part}
                self.rows.append(row)
                self._unwritten.append(row)

    def write(self) -> None:
        """Writes the files.

        Raises:
            StorageError: The folder cannot be written to, or the disk is full.
        """
        self.write_table()
        try:
            self._write_events()
        except OSError as error:
            raise storage_error(self.folder, error) from error

    def write_table(self) -> None:
        """Writes ``metrics.csv``."""
        names = sorted({name for row in self.rows for name in row} - {"epoch", "step"})
        with (
            atomic_path(self.folder / "metrics.csv", overwrite=True) as temporary,
            temporary.open("w", encoding="utf-8", newline="") as file,
        ):
            table = csv.DictWriter(file, ["epoch", "step", *names], lineterminator="\n")
            table.writeheader()
            table.writerows(self.rows)

    def _write_events(self) -> None:
        if self._events is None:
            first = self._unwritten[0]
            name = f"events.out.tfevents.{int(time.time())}.{first['epoch']}"
            self._events = RecordWriter(os.path.abspath(self.folder / name))
            self._write_event(file_version="brain.Event:2")
            self._write_event(step=first["step"], session_log=SessionLog(status=SessionLog.START))
        for row in self._unwritten:
            for name, value in row.items():
                if name != "step":
                    self._write_event(step=row["step"], summary=scalar(name, value))
        self._unwritten = []
        self._events.flush()

    def _write_event(self, **content: Any) -> None:
        assert self._events is not None
        self._events.write(Event(wall_time=time.time(), **content).SerializeToString())

    def close(self) -> None:
        """Closes TensorBoard's file, which is complete unless an error was raised before."""
        if self._events is not None:
            with suppress(OSError):
                self._events.close()
            self._events = None
