from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from graphcascade.errors import StorageError, UsageError
from graphcascade.io import atomic_path


def test_a_file_is_written_completely_and_in_a_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "file.txt"
    with atomic_path(path) as temporary:
        assert temporary.parent == path.parent
        assert temporary.suffix == ".txt"
        temporary.write_text("content")
        assert not path.exists()
    assert path.read_text() == "content"
    assert os.listdir(path.parent) == ["file.txt"]


def test_an_existing_file_is_replaced_only_with_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(StorageError, match=r"file.txt: this file exists already .* overwrite=True"), atomic_path(path):
        pass
    with pytest.raises(StorageError, match="exists already"), atomic_path(tmp_path / "new.txt") as temporary:  # noqa: PT012
        temporary.write_text("mine")
        (tmp_path / "new.txt").write_text("appeared while the file was written")
    assert path.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["file.txt", "new.txt"]
    with atomic_path(str(path), overwrite=True) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(StorageError, match="link: this symbolic link leads back to itself"), atomic_path(link):
        pass
    assert link.is_symlink()


@pytest.mark.parametrize("error", [UsageError("no"), KeyboardInterrupt(), ZeroDivisionError()])
def test_a_failure_changes_nothing(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(type(error)), atomic_path(path, overwrite=True) as temporary:  # noqa: PT012
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.txt"]


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    with atomic_path(tmp_path / "written") as temporary:
        temporary.touch()
    assert (tmp_path / "written").stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "the disk is full; nothing was written"),
        (errno.EDQUOT, "the disk quota is used up; nothing was written"),
        (errno.EROFS, r"the folder cannot be written to \(read-only\)"),
        (errno.EACCES, r"the folder cannot be written to \(no permission\)"),
        (errno.EIO, "Input/output error; nothing was written"),
    ],
)
def test_errors_of_the_operating_system_keep_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, message: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "file.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", refuse)
    with (
        pytest.raises(StorageError, match=rf"file.txt: {message}") as caught,
        atomic_path(path, overwrite=True) as temporary,
    ):
        temporary.write_text("new")
    assert "\n" not in str(caught.value)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_while_writing(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match=r"file.txt: the disk is full"),
        atomic_path(tmp_path / "file.txt"),
        Path("/dev/full").open("w") as full,
    ):
        full.write("x")
    assert os.listdir(tmp_path) == []


def test_a_file_where_a_folder_should_be_raises_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(StorageError, match=r"inner.txt: a part of the path is a file, not a folder"),
        atomic_path(tmp_path / "file" / "inner.txt"),
    ):
        pass


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(StorageError, match="folder: this is a folder, not a file"),
        atomic_path(tmp_path / "folder") as path,
    ):
        path.touch()
    assert os.listdir(tmp_path) == ["folder"]


def test_the_file_behind_a_link_is_written(tmp_path):
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    link.symlink_to(real)
    with atomic_path(link, overwrite=True) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_device_or_a_pipe_is_not_written(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StorageError, match="a device or a pipe, not a file"), atomic_path(pipe):
        pass
    assert stat.S_ISFIFO(pipe.stat().st_mode)
