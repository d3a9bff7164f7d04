"""A run that is replaced is neither lost nor hidden, and one process at a time uses a folder."""

from __future__ import annotations

import itertools
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from graphcascade.errors import StorageError, UsageError
from graphcascade.trainers.run_folder import RunFolder

EARLIER = {
    "config.json": "earlier",
    "checkpoints/last.ckpt": "earlier",
    "result.json": "earlier",
}
FOREIGN = {"notes.txt": "of the user"}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def read(folder: Path) -> dict[str, str]:
    found = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    return {name: text for name, text in found.items() if name != ".lock"}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    write(tmp_path / "run", EARLIER | FOREIGN)
    return RunFolder(tmp_path / "run")


# One process at a time -------------------------------------------------------------------------------------------


def test_a_second_process_gets_one_line_until_the_first_has_died(run: RunFolder) -> None:
    code = (
        "import sys, time; from filelock import FileLock\n"
        "with FileLock(sys.argv[1] + '/.lock'):\n    print('locked', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(run.path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(UsageError, match=r"run: another process is using this folder; wait") as caught, run.lock():
            pass
        assert "\n" not in str(caught.value)
        other.kill()
    with run.lock():
        pass
    assert read(run.path) == EARLIER | FOREIGN


def test_a_function_that_holds_the_lock_calls_others_that_take_it(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(run.path)
    with run.lock(), RunFolder(run.path).lock(), RunFolder(tmp_path / "link").lock():
        assert read(run.path) == EARLIER | FOREIGN


def test_a_folder_that_is_empty_in_the_end_is_removed(tmp_path: Path) -> None:
    with RunFolder(tmp_path / "new" / "run").lock():
        assert (tmp_path / "new" / "run").is_dir()
    assert not (tmp_path / "new" / "run").exists()


def test_a_new_folder_gets_a_number(tmp_path: Path) -> None:
    names = [RunFolder.create(tmp_path / "runs" / "a").path.name for _ in range(3)]
    assert names == ["a", "a-2", "a-3"]


def test_folders_that_cannot_be_made_raise_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, message in (
        ("file", "a part of the path is a file, not a folder"),
        ("file/run", "a part of the path is a file, not a folder"),
        ("loop", "this symbolic link leads back to itself"),
        ("loop/run", "this symbolic link leads back to itself"),
    ):
        with pytest.raises(StorageError, match=message), RunFolder(tmp_path / name).lock():
            pass
    for name in ("file/run", "loop/run"):
        with pytest.raises(StorageError):
            RunFolder.create(tmp_path / name)


# Replacing a run -------------------------------------------------------------------------------------------------


def test_a_new_run_takes_the_place_of_the_earlier_one(run: RunFolder) -> None:
    with run.lock(), run.replace():
        assert not run.has_run
        assert read(run.path / ".replaced") == EARLIER
        write(run.path, {"config.json": "new", "model.safetensors": "new"})
    assert read(run.path) == {"config.json": "new", "model.safetensors": "new"} | FOREIGN


def start(run: RunFolder, files: dict[str, str], error: type[BaseException]) -> None:
    """Starts a new run in the folder, which fails after it has written some files."""
    with run.lock(), run.replace():
        write(run.path, files)
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_new_run_that_fails_early_restores_the_earlier_run(run: RunFolder, error: type[BaseException]) -> None:
    with pytest.raises(error):
        start(run, {"config.json": "new", "logs/events": "new", "checkpoints/.last.ckpt.1": "new"}, error)
    assert read(run.path) == EARLIER | FOREIGN
    assert not list(run.path.glob(".repl*"))


def test_a_new_run_that_fails_later_replaces_the_earlier_run(run: RunFolder) -> None:
    new = {"config.json": "new", "checkpoints/last.ckpt": "new"}
    with pytest.raises(KeyboardInterrupt):
        start(run, new, KeyboardInterrupt)
    assert read(run.path) == new | FOREIGN


def test_files_of_a_folder_without_a_run_are_restored(tmp_path: Path) -> None:
    write(tmp_path, {"config.json": "of the user"})
    with pytest.raises(IndexError):
        start(RunFolder(tmp_path), {"config.json": "new"}, IndexError)
    assert read(tmp_path) == {"config.json": "of the user"}


class Killed(BaseException):
    """Stands for the end of the process: from here on nothing changes in the file system."""


@pytest.fixture
def killed_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], None]], bool]:
    """Runs a function that is killed before the given change of the file system; returns whether it was."""
    changes = 0
    last: float = math.inf

    def guard(change: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **keywords: Any) -> Any:
            nonlocal changes
            if changes >= last:
                raise Killed
            changes += 1
            return change(*arguments, **keywords)

        return guarded

    for name in ("rename", "unlink", "rmdir", "mkdir", "write_text"):
        monkeypatch.setattr(Path, name, guard(getattr(Path, name)))
    for name in ("unlink", "rmdir"):  # called by shutil.rmtree
        monkeypatch.setattr(os, name, guard(getattr(os, name)))

    def run(step: int, function: Callable[[], None]) -> bool:
        nonlocal changes, last
        changes, last = 0, step
        try:
            function()
        except IndexError:
            return False
        except Killed:
            return True
        finally:
            last = math.inf
        return False

    return run


def clean_up(folder: Path) -> None:
    with RunFolder(folder).lock():
        pass


@pytest.mark.parametrize(("succeeds", "keeps"), [(True, True), (False, True), (False, False)])
def test_a_kill_at_any_step_does_not_lose_a_run(
    tmp_path: Path, killed_at: Callable[[int, Callable[[], None]], bool], succeeds: bool, keeps: bool
) -> None:
    """Killed at each step, and again at each step of cleaning up: one of the two runs is there, whole."""
    earlier, new = EARLIER | FOREIGN, {"config.json": "new"} | FOREIGN
    if keeps:
        new["checkpoints/last.ckpt"] = "new"
    folder, state = tmp_path / "run", tmp_path / "state"
    found = []

    def replace() -> None:
        with RunFolder(folder).lock(), RunFolder(folder).replace():
            write(folder, new)
            if not succeeds:
                raise IndexError

    for step in itertools.count():
        shutil.rmtree(folder, ignore_errors=True)
        write(folder, earlier)
        killed = killed_at(step, replace)
        shutil.copytree(folder, state, dirs_exist_ok=False)
        for again in itertools.count():
            shutil.rmtree(folder)
            shutil.copytree(state, folder)
            killed_again = killed_at(again, partial(clean_up, folder))
            clean_up(folder)
            found.append(read(folder))
            assert not list(folder.glob(".repl*"))
            if not killed_again:
                break
        shutil.rmtree(state)
        if not killed:
            break
    assert len(found) > 20
    assert found[0] == earlier
    assert found[-1] == (new if keeps else earlier)
    assert all(files in (earlier, new) for files in found)
    assert keeps or new not in found


def test_a_restored_run_is_reported_in_one_line(run: RunFolder, caplog: pytest.LogCaptureFixture) -> None:
    write(run.path, {".replaced/config.json": "lost"})
    (run.path / "checkpoints" / "last.ckpt").unlink()
    with run.lock():
        pass
    assert read(run.path) == {"config.json": "lost"} | FOREIGN
    (message,) = caplog.messages
    assert "restored the earlier run, since the run that was to replace it was killed" in message


def test_leftovers_of_a_run_that_was_replaced_are_removed(run: RunFolder, caplog: pytest.LogCaptureFixture) -> None:
    write(run.path, {".replaced/config.json": "old", ".replaced/checkpoints/last.ckpt": "old"})
    with run.lock():
        pass
    assert read(run.path) == EARLIER | FOREIGN
    assert caplog.messages == []


def test_a_folder_that_was_deleted_in_the_meantime_does_not_hide_the_error_and_is_unlocked(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")

    def fail() -> None:
        with folder.lock():
            shutil.rmtree(folder.path)
            raise ValueError("the first error")

    with pytest.raises(ValueError, match="the first error"):
        fail()
    with folder.lock():  # the lock was released
        assert (folder.path / ".lock").exists()
