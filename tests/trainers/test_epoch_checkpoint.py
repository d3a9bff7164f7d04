"""A run that is resumed equals one that was never interrupted, wherever its process was killed."""

from __future__ import annotations

import copy
import itertools
import logging
import math
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from filelock import FileLock
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, GraphCascadeError, StorageError, UsageError
from graphcascade.evaluation import NextUserProtocol
from graphcascade.models import LSTM
from graphcascade.trainers import AdversarialTrainer, NextUserTrainer
from graphcascade.trainers.training_log import TrainingLog
from tests.models.small_data import random_dataset

USERS = 10
TRAIN = random_dataset([4, 3, 6, 2, 5, 3, 4, 7], USERS)
VAL = random_dataset([4, 3, 5], USERS, seed=1)
SETTINGS: dict[str, Any] = {
    "batch_size": 3,
    "protocol": NextUserProtocol("small", ks=(1, 3)),
    "progress": False,
    "learning_rate": 0.1,
    "max_epochs": 6,
}
MakeTrainer = Callable[..., NextUserTrainer]


class Killed(BaseException):
    """Stands for the end of the process."""


class Countdown:
    """Raises :class:`Killed` at one of the steps and changes of files that it counts."""

    def __init__(self) -> None:
        self.left = math.inf

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


class Counted(LSTM):
    """A model whose training steps are counted."""

    countdown = Countdown()

    def encode(self, batch: Any, alignment: bool = False) -> Any:
        if self.training:
            self.countdown.count()
        return super().encode(batch, alignment)


@pytest.fixture
def countdown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Countdown]:
    found = Counted.countdown
    replace, write_events = Path.replace, TrainingLog._write_events

    def replaced(self: Path, target: Path) -> Path:
        found.count()
        result = replace(self, target)
        found.count()
        return result

    def written(self: TrainingLog) -> None:
        found.count()
        write_events(self)

    monkeypatch.setattr(Path, "replace", replaced)
    monkeypatch.setattr(TrainingLog, "_write_events", written)
    yield found
    found.left = math.inf


def make_model(seed: int = 0) -> Counted:
    torch.manual_seed(seed)
    return Counted(USERS, dim=4, hidden=6, dropout=0.3)


def next_user(**arguments: Any) -> NextUserTrainer:
    return NextUserTrainer(**{**SETTINGS, **arguments})


def adversarial(**arguments: Any) -> NextUserTrainer:
    return AdversarialTrainer(head_share=0.3, every=2, warmup_epochs=1, **{**SETTINGS, **arguments})


def weights(model: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(value.equal(other[name]) for name, value in one.items())


def table(folder: Path) -> str:
    return (folder / "logs" / "metrics.csv").read_text()


@pytest.mark.parametrize(
    ("make", "val", "arguments"),
    [
        (next_user, None, {}),
        (next_user, VAL, {"patience": 2}),
        (next_user, VAL, {"patience": 2, "monitor": "loss", "schedule": "noam", "warmup_steps": 4}),
        (next_user, VAL, {"patience": None, "schedule": "cosine"}),
        (adversarial, None, {}),
        (adversarial, VAL, {"patience": 3}),
    ],
)
def test_a_run_that_was_killed_at_any_point_resumes_to_the_same_model(
    tmp_path: Path, countdown: Countdown, make: MakeTrainer, val: CascadeDataset | None, arguments: dict[str, Any]
) -> None:
    """Two processes are killed at a training step, before or after a file is written; the third one ends the run."""
    whole = make(directory=tmp_path / "whole", **arguments)
    countdown.left = steps = 10**6
    expected = weights(whole.fit(make_model(), TRAIN, val))
    steps -= int(countdown.left)
    assert steps >= 8 * whole.epochs
    for kill_at in range(1, steps, 7):
        folder = tmp_path / str(kill_at)
        trainer = make(directory=folder, **arguments)
        for left in (kill_at, kill_at, math.inf):
            resume = (folder / "checkpoints" / "last.ckpt").exists()
            model = make_model(seed=7 if resume else 0)
            countdown.left = left
            try:
                trainer.fit(model, TRAIN, val, resume=resume)
            except Killed:
                continue
            break
        assert same(weights(model), expected)
        assert trainer.epochs == whole.epochs
        assert table(folder) == table(tmp_path / "whole")


def test_the_table_has_a_row_of_validation_and_one_of_training_for_each_epoch(tmp_path: Path) -> None:
    """Also of epochs that brought nothing better, and none of an epoch after the checkpoint."""
    next_user(learning_rate=1e-9, patience=None, max_epochs=4, directory=tmp_path).fit(make_model(), TRAIN, VAL)
    path = tmp_path / "logs" / "metrics.csv"
    path.write_text(path.read_text() + "4,19,,0.1,0.1,0.1,0.1\n")
    trainer = next_user(learning_rate=1e-9, patience=None, max_epochs=6, directory=tmp_path)
    trainer.fit(make_model(), TRAIN, VAL, resume=True)
    rows = pd.read_csv(path)
    assert list(rows.columns) == ["epoch", "step", "train_loss", "val_hit@1", "val_hit@10", "val_loss", "val_mrr"]
    assert rows["epoch"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert rows["step"].tolist() == [step for epoch in range(6) for step in 2 * [3 * epoch + 2]]
    assert rows["val_mrr"].notna().tolist() == 6 * [True, False]
    assert rows["train_loss"].notna().tolist() == 6 * [False, True]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [({"patience": 2, "learning_rate": 1e-9}, "stopped early after 3 epochs"), ({}, "is complete after 6 epochs")],
)
def test_a_run_that_has_ended_trains_nothing_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, arguments: dict[str, Any], reason: str
) -> None:
    expected = weights(next_user(directory=tmp_path, **arguments).fit(make_model(), TRAIN, VAL))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    caplog.set_level(logging.INFO, "graphcascade")
    for _ in range(2):
        found = next_user(directory=tmp_path, **arguments).fit(make_model(seed=5), TRAIN, VAL, resume=True)
        assert same(weights(found), expected)
        assert f"the run {reason}; there is nothing left to train" in caplog.text
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_run_that_stopped_early_continues_with_more_patience(tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"learning_rate": 0.3, "max_epochs": 9}
    next_user(directory=tmp_path / "a", patience=1, **arguments).fit(make_model(), TRAIN, VAL)
    found = next_user(directory=tmp_path / "a", patience=8, **arguments).fit(make_model(3), TRAIN, VAL, resume=True)
    expected = next_user(directory=tmp_path / "b", patience=8, **arguments).fit(make_model(), TRAIN, VAL)
    assert same(weights(found), weights(expected))
    assert table(tmp_path / "a") == table(tmp_path / "b")


def test_a_run_that_replaces_another_keeps_it_until_its_first_epoch_has_ended(
    tmp_path: Path, countdown: Countdown
) -> None:
    next_user(directory=tmp_path).fit(make_model(), TRAIN, VAL)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    countdown.left = 2
    with pytest.raises(Killed):
        next_user(directory=tmp_path, seed=3).fit(make_model(), TRAIN, VAL, overwrite=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    countdown.left = 5  # after last.ckpt, before best.ckpt, which still is the other run's
    with pytest.raises(Killed):
        next_user(directory=tmp_path, seed=3).fit(make_model(), TRAIN, VAL, overwrite=True)
    countdown.left = math.inf
    found = next_user(directory=tmp_path, seed=3).fit(make_model(8), TRAIN, VAL, resume=True)
    assert same(weights(found), weights(next_user(seed=3).fit(make_model(), TRAIN, VAL)))


def test_a_folder_that_another_process_uses_raises_an_error(tmp_path: Path) -> None:
    with FileLock(tmp_path / ".lock"), pytest.raises(UsageError, match="another process is using this folder"):
        next_user(directory=tmp_path).fit(make_model(), TRAIN)
    next_user(directory=tmp_path, max_epochs=1).fit(make_model(), TRAIN)


# Files that cannot be written ------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [300, 3000, 9000])
def test_a_full_disk_is_an_error_and_keeps_the_previous_epoch(tmp_path: Path, limit: int) -> None:
    """The largest size of a file stands for the space that is left: torch's writer answers with an error of its own."""
    next_user(max_epochs=1, directory=tmp_path).fit(make_model(), TRAIN, VAL)
    files = [tmp_path / "checkpoints" / "best.ckpt", tmp_path / "checkpoints" / "last.ckpt"]
    before = [path.read_bytes() for path in files]
    assert len(before[1]) > 9000
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(StorageError, match=r"\.ckpt: .*; nothing was written") as caught:
            next_user(max_epochs=2, directory=tmp_path).fit(make_model(), TRAIN, VAL, resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(caught.value)
    assert [path.read_bytes() for path in files] == before
    assert sorted(files[0].parent.iterdir()) == files
    found = next_user(max_epochs=2, directory=tmp_path).fit(make_model(), TRAIN, VAL, resume=True)
    assert same(weights(found), weights(next_user(max_epochs=2).fit(make_model(), TRAIN, VAL)))


# Checkpoints that others wrote -----------------------------------------------------------------------------------


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*at, key))


def changed(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """A copy in which the value at a place is another, or is left out."""
    result = copy.deepcopy(value)
    inner = result
    for key in place[:-1]:
        inner = inner[key]
    if new is Killed:
        del inner[place[-1]]
    else:
        inner[place[-1]] = new
    return result


REPLACEMENTS = [Killed, 10**30, math.nan, [], torch.zeros(1, 1).to_sparse()]
UNFINISHED: dict[str, Any] = {"learning_rate": 0.3, "patience": None, "schedule": "noam", "warmup_steps": 4}


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a run of three epochs, of which the last one is not the best."""
    folder = tmp_path_factory.mktemp("run")
    next_user(max_epochs=3, directory=folder, **UNFINISHED).fit(make_model(), TRAIN, VAL)
    assert torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["best_epoch"] < 2
    return folder


@pytest.fixture
def unfinished_run(unfinished: Path, tmp_path: Path) -> Path:
    shutil.copytree(unfinished, tmp_path / "run")
    return tmp_path / "run"


def resumed(folder: Path) -> dict[str, Tensor]:
    trainer = next_user(max_epochs=4, directory=folder, **UNFINISHED)
    return weights(trainer.fit(make_model(5), TRAIN, VAL, resume=True))


@pytest.mark.parametrize("name", ["last.ckpt", "best.ckpt"])
def test_damaged_checkpoints_raise_errors_of_the_package(unfinished_run: Path, name: str) -> None:
    """Each value is left out, and replaced by others: that is an error of one line, or changes nothing that matters."""
    files = {path: path.read_bytes() for path in (unfinished_run / "checkpoints").iterdir()}
    path = unfinished_run / "checkpoints" / name
    good = torch.load(path, weights_only=True)
    messages, accepted = [], []
    repeated = [("metrics", number) for number in range(1, 6)] + [
        ("trainer", "optimizer", number) for number in range(1, 9)
    ]
    kept = [place for place in places(good) if place[:2] not in repeated and place[:3] not in repeated]
    for place, new in itertools.product(kept, REPLACEMENTS):
        for other, data in files.items():
            other.write_bytes(data)
        torch.save(changed(good, place, new), path)
        try:
            resumed(unfinished_run)
        except GraphCascadeError as error:
            messages.append(str(error))
        else:
            accepted.append((place, new))
    assert len(messages) > 4 * len(accepted)
    assert all(name in message and "\n" not in message for message in messages)
    # What is accepted is a number that this run could have had, or a parameter without a state.
    for place, new in accepted:
        assert type(new) in (int, float) or place[:2] in (("metrics", 0), ("trainer", "optimizer")), place


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"state_dict": {}}, "it is not a checkpoint of graphcascade"),
        ({"format": 2, "run": {}}, "format 2; this version of graphcascade reads format 1"),
        ({"format": "1" * 5000, "run": {}}, "format '1111111111111111111; this version"),
        ([1, 2], "it is not a checkpoint of graphcascade"),
        (torch.zeros(3), "it is not a checkpoint of graphcascade"),
        (b"", "it cannot be read"),
        (b"PK\x03\x04 and more", "it cannot be read"),
        (b"not a checkpoint at all", "it cannot be read"),
    ],
)
def test_files_that_are_not_checkpoints_are_an_error(unfinished_run: Path, content: Any, reason: str) -> None:
    path = unfinished_run / "checkpoints" / "last.ckpt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(
        DataError,
        match=rf"last\.ckpt: damaged, or not of a run like this one \({reason}.*\); train again with overwrite=True",
    ) as caught:
        resumed(unfinished_run)
    assert len(str(caught.value)) < 300


def test_a_checkpoint_that_was_cut_off_raises_an_error(unfinished_run: Path) -> None:
    path = unfinished_run / "checkpoints" / "last.ckpt"
    data = path.read_bytes()
    for length in (1, 1000, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(DataError, match=r"last\.ckpt: damaged"):
            resumed(unfinished_run)


def test_paths_inside_a_checkpoint_are_ignored(unfinished_run: Path) -> None:
    """Lightning removed the run's folder with a checkpoint that named ``x/..`` as one of the best."""
    expected = resumed(Path(shutil.copytree(unfinished_run, unfinished_run.parent / "other")))
    foreign = [unfinished_run / name for name in ("notes.txt", "checkpoints/notes.txt", "checkpoints/x/notes.txt")]
    for file in foreign:
        file.parent.mkdir(exist_ok=True)
        file.write_text("of the user")
    path = unfinished_run / "checkpoints" / "last.ckpt"
    good = torch.load(path, weights_only=True)
    hostile = {
        "dirpath": "..",
        "best_model_path": "x/..",
        "kth_best_model_path": "x/..",
        "last_model_path": "x/..",
        "best_model_score": torch.tensor(-1.0),
        "best_k_models": {"x/..": torch.tensor(-1.0)},
    }
    for content in ({**good, **hostile}, {**good, "callbacks": {"best": hostile}}, good | {"best_epoch": "x/.."}):
        torch.save(content, path)
        with pytest.raises(DataError, match="is not as this run writes it"):
            resumed(unfinished_run)
    torch.save(good, path)
    assert same(resumed(unfinished_run), expected)
    assert [file.read_text() for file in foreign] == 3 * ["of the user"]


def test_a_best_checkpoint_of_another_epoch_or_run_raises_an_error(unfinished_run: Path) -> None:
    path = unfinished_run / "checkpoints" / "best.ckpt"
    good = torch.load(path, weights_only=True)
    torch.save(good | {"epoch": 2}, path)
    with pytest.raises(DataError, match=r"best\.ckpt: .*it is of epoch 2, but epoch \d was the best"):
        resumed(unfinished_run)
    torch.save(good | {"run": good["run"] | {"seed": 9}}, path)
    with pytest.raises(UsageError, match=r"^seed=0: the run in .*best\.ckpt has seed=9"):
        resumed(unfinished_run)
