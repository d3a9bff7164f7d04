from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from tensorboardX.proto.event_pb2 import Event, SessionLog
from tensorboardX.record_writer import RecordWriter

from graphcascade.errors import StorageError
from graphcascade.trainers.training_log import TrainingLog

EPOCHS = [
    {"val_mrr": 0.25, "val_loss": 2.0, "train_loss": 1.5},
    {"val_mrr": 0.5, "val_loss": 1.0, "train_loss": 0.75},
]
TABLE = """epoch,step,train_loss,val_loss,val_mrr
0,3,,2.0,0.25
0,3,1.5,,
1,7,,1.0,0.5
1,7,0.75,,
"""


def read_events(path: Path) -> list[Event]:
    """TensorBoard's records: length (8 bytes), checksum (4), an event, checksum (4)."""
    data, events = path.read_bytes(), []
    while data:
        (length,) = struct.unpack("Q", data[:8])
        event = Event()
        event.ParseFromString(data[12 : 12 + length])
        events.append(event)
        data = data[16 + length :]
    return events


def scalars(events: list[Event]) -> list[tuple[Any, ...]]:
    return [(event.step, value.tag, value.simple_value) for event in events for value in event.summary.value]


def test_figures_are_written_as_a_table_and_as_events(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path)
    for epoch, figures in enumerate(EPOCHS):
        log.add(epoch, 4 * epoch + 3, figures)
        log.write()
    log.close()
    assert (tmp_path / "metrics.csv").read_text() == TABLE
    (path,) = tmp_path.glob("events.out.tfevents.*")
    events = read_events(path)
    assert events[0].file_version == "brain.Event:2"
    assert (events[1].step, events[1].session_log.status) == (3, SessionLog.START)
    assert scalars(events) == [
        (3, "epoch", 0.0),
        (3, "val_mrr", 0.25),
        (3, "val_loss", 2.0),
        (3, "epoch", 0.0),
        (3, "train_loss", 1.5),
        (7, "epoch", 1.0),
        (7, "val_mrr", 0.5),
        (7, "val_loss", 1.0),
        (7, "epoch", 1.0),
        (7, "train_loss", 0.75),
    ]


def test_a_resumed_run_keeps_the_rows_of_its_checkpoint_and_no_others(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path)
    log.add(0, 3, EPOCHS[0])
    rows = list(log.rows)
    log.add(1, 7, EPOCHS[0])  # an epoch that was not kept
    log.write()
    log.close()
    resumed = TrainingLog(tmp_path, rows)
    resumed.add(1, 7, EPOCHS[1])
    resumed.write()
    resumed.close()
    assert (tmp_path / "metrics.csv").read_text() == TABLE
    events = read_events(max(tmp_path.glob("events.out.tfevents.*"), key=lambda path: path.stat().st_mtime_ns))
    assert (events[1].step, events[1].session_log.status) == (3, SessionLog.START)  # hides older events from step 3 on
    assert {step for step, _, _ in scalars(events)} == {3, 7}


def test_epochs_without_validation_have_one_row(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path)
    log.add(0, 3, {"train_loss": 1.5})
    log.write_table()
    assert (tmp_path / "metrics.csv").read_text() == "epoch,step,train_loss\n0,3,1.5\n"


def test_a_full_disk_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    monkeypatch.setattr("graphcascade.trainers.training_log.RecordWriter", lambda _: RecordWriter("/dev/full"))
    log = TrainingLog(tmp_path)
    log.add(0, 3, EPOCHS[0])
    with pytest.raises(StorageError, match="the disk is full"):
        log.write()
    log.close()
