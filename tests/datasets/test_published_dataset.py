import copy
import errno
import hashlib
import logging
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.datasets import Irvine, PublishedDataset, published_dataset
from graphcascade.errors import DataError, DownloadError, MissingFileError, StorageError

TRAIN, TEST = "a,1 b,2\nb,3 c,4\nc,5 a,6\na,7 c,9\n", "d,7 a,8\n"
CONTENTS = {"cascade.txt": TRAIN, "cascadetest.txt": TEST}
USERS = ["a", "b", "c", "d"]


@pytest.fixture
def irvine(publish):
    publish(Irvine, CONTENTS)
    return Irvine


def processed(root):
    return root / "irvine" / "processed" / "cascades.safetensors"


def put(root, contents=CONTENTS, folder="ndm/irvine"):
    (root / folder).mkdir(parents=True)
    for name, text in contents.items():
        (root / folder / name).write_text(text)


# Where files come from -----------------------------------------------------------------------------------------------


def test_files_are_downloaded_once_and_then_the_processed_file_is_read(irvine, server, tmp_path):
    assert irvine(tmp_path).user_ids.tolist() == USERS
    assert (tmp_path / "irvine" / "raw" / "cascade.txt").read_text() == TRAIN
    shutil.rmtree(tmp_path / "irvine" / "raw")
    server.files.clear()
    again = irvine(tmp_path)
    assert again.user_ids.tolist() == USERS
    assert [cascade.user.tolist() for cascade in again] == [[0, 1], [1, 2], [2, 0], [0, 2], [3, 0]]
    assert again.table.part.tolist() == [0, 0, 0, 0, 2]
    assert len(server.requests) == 2


@pytest.mark.parametrize("place", ["raw", "root", "environment"])
def test_local_files_are_used_in_place(irvine, server, tmp_path, monkeypatch, place):
    root = tmp_path / "datasets"
    if place == "raw":
        put(root, folder="irvine/raw")
    elif place == "root":
        put(root)
    else:
        put(tmp_path / "copies")
        monkeypatch.setenv("GRAPHCASCADE_DATA", str(tmp_path / "copies"))
    assert irvine(root).user_ids.tolist() == USERS
    assert server.requests == []
    assert (root / "irvine" / "raw").exists() == (place == "raw")


def test_an_altered_local_copy_is_an_error_with_both_checksums(irvine, server, tmp_path):
    put(tmp_path, {**CONTENTS, "cascadetest.txt": TEST + "\n"})
    expected, found = (hashlib.sha256(text.encode()).hexdigest() for text in (TEST, TEST + "\n"))
    with pytest.raises(DownloadError, match=rf"cascadetest\.txt: .*expected sha256:{expected}, found sha256:{found}"):
        irvine(tmp_path)
    assert (tmp_path / "ndm/irvine/cascadetest.txt").read_text() == TEST + "\n"
    assert server.requests == []
    assert not processed(tmp_path).exists()


def test_the_error_names_a_file_that_cannot_be_downloaded(irvine, server, tmp_path):
    del server.files["irvine/cascadetest.txt"]
    with pytest.raises(DownloadError, match=r"^ndm/irvine/cascadetest\.txt: .*404.*GRAPHCASCADE_DATA"):
        irvine(tmp_path)


def test_the_error_names_an_invalid_raw_file(publish, tmp_path):
    publish(Irvine, {**CONTENTS, "cascadetest.txt": "a,1\nd,later\n"})
    with pytest.raises(DataError, match=r"cascadetest\.txt, line 2"):
        Irvine(tmp_path)
    assert not processed(tmp_path).exists()


# When the processed file is made again -------------------------------------------------------------------------------


def test_other_raw_files_make_the_processed_file_stale(irvine, publish, tmp_path, caplog):
    irvine(tmp_path)
    shutil.rmtree(tmp_path / "irvine" / "raw")
    publish(Irvine, {**CONTENTS, "cascadetest.txt": "e,1 a,2\n"})
    assert Irvine(tmp_path).user_ids.tolist() == ["a", "b", "c", "e"]
    assert "made from other files or by another version; processing the files again" in caplog.text


def test_another_version_of_the_readers_makes_the_processed_file_stale(irvine, tmp_path, monkeypatch, caplog):
    irvine(tmp_path)
    monkeypatch.setattr(published_dataset, "READER_VERSION", published_dataset.READER_VERSION + 1)
    assert irvine(tmp_path).user_ids.tolist() == USERS
    assert "processing the files again" in caplog.text
    caplog.clear()
    irvine(tmp_path)
    assert caplog.text == ""


@pytest.mark.parametrize("damage", ["truncated", "empty", "not ours"])
def test_a_damaged_processed_file_is_made_again(irvine, tmp_path, caplog, damage):
    irvine(tmp_path)
    whole = processed(tmp_path).read_bytes()
    broken = {"truncated": whole[: len(whole) // 2], "empty": b"", "not ours": b"\x08" + bytes(7) + b"no json!"}[damage]
    processed(tmp_path).write_bytes(broken)
    assert irvine(tmp_path).user_ids.tolist() == USERS
    assert "processing the files again" in caplog.text
    assert processed(tmp_path).read_bytes() == whole


def test_files_of_a_killed_run_are_ignored(irvine, tmp_path):
    folder = processed(tmp_path).parent
    folder.mkdir(parents=True)
    (folder / ".cascades.safetensors.abc123.safetensors").write_bytes(b"half a fi")
    (folder / "cascades.lock").touch()
    assert Irvine.availability(tmp_path) == "no"
    assert irvine(tmp_path).user_ids.tolist() == USERS


def test_a_run_that_fails_while_saving_leaves_no_processed_file(irvine, tmp_path, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    put(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StorageError, match=r"cascades\.safetensors"):
            irvine(tmp_path)
    assert not processed(tmp_path).exists()
    assert irvine(tmp_path).user_ids.tolist() == USERS


def test_force_reload_reads_the_raw_files(irvine, tmp_path, monkeypatch):
    irvine(tmp_path)
    calls = []
    read = PublishedDataset.read
    monkeypatch.setattr(PublishedDataset, "read", lambda self, paths: calls.append(1) or read(self, paths))
    irvine(tmp_path)
    assert calls == []
    irvine(tmp_path, force_reload=True)
    assert calls == [1]


def test_nothing_is_unpickled(irvine, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("unpickled")

    monkeypatch.setattr(torch, "load", refuse)
    monkeypatch.setattr(pickle, "load", refuse)
    monkeypatch.setattr(pickle, "loads", refuse)
    irvine(tmp_path)
    irvine(tmp_path)
    assert sorted(path.name for path in processed(tmp_path).parent.iterdir() if path.suffix != ".lock") == [
        "cascades.safetensors"
    ]


# Several processes, folders that cannot be written to ----------------------------------------------------------------


SLOW = """
import pathlib, sys, time
from graphcascade.datasets import Irvine, RemoteFile

class Slow(Irvine):
    files = {files!r}

    def read(self, paths):
        with pathlib.Path({root!r}, "log").open("a") as log:
            log.write("read;")
        time.sleep(1)
        return super().read(paths)

assert Slow({root!r}).user_ids.tolist() == ["a", "b", "c", "d"]
"""


def test_two_processes_prepare_once(irvine, tmp_path):
    script = SLOW.format(files=irvine.files, root=str(tmp_path))
    processes = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(2)]
    assert [process.wait(120) for process in processes] == [0, 0]
    assert (tmp_path / "log").read_text() == "read;"


def forbid_writing(monkeypatch):
    """Makes writing fail as in a read-only folder, even for root."""

    def mkdir(self, *args, **kwargs):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    monkeypatch.setattr(Path, "mkdir", mkdir)


def test_a_read_only_root_is_an_error_of_one_line(irvine, tmp_path, monkeypatch):
    put(tmp_path)
    forbid_writing(monkeypatch)
    with pytest.raises(StorageError, match=r"cascades\.safetensors: cannot be .*Read-only file system") as caught:
        irvine(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_read_only_root_with_a_processed_file_is_read(irvine, tmp_path, monkeypatch):
    irvine(tmp_path)
    forbid_writing(monkeypatch)
    monkeypatch.setattr(published_dataset, "FileLock", None)
    assert irvine(tmp_path).user_ids.tolist() == USERS


# A dataset like any other --------------------------------------------------------------------------------------------


def test_views_are_of_the_same_class(irvine, tmp_path):
    dataset = irvine(tmp_path)
    train, val, test = dataset.splits(fractions=(0.5, 0.25, 0.25))
    assert [type(part) for part in (train, val, test)] == [Irvine] * 3
    assert (len(train), len(val), len(test)) == (3, 1, 1)
    assert test[0].user.tolist() == [3, 0]
    assert type(dataset[1:3]) is Irvine
    assert [cascade.user.tolist() for cascade in dataset[[4, 0]]] == [[3, 0], [0, 1]]
    assert len(copy.copy(dataset)) == 5
    assert str(dataset) == "Irvine(irvine: 5 cascades, 4 users)"


def test_a_copy_is_a_plain_dataset(irvine, tmp_path):
    part = irvine(tmp_path).copy([4])
    assert type(part) is CascadeDataset
    assert part.table.num_cascades == 1


def test_a_transform_is_applied_and_folders_are_those_of_pyg(irvine, tmp_path):
    def double(cascade):
        cascade.time = cascade.time * 2
        return cascade

    dataset = irvine(str(tmp_path), transform=double)
    assert dataset[0].time.tolist() == [2.0, 4.0]
    assert dataset.raw_dir == str(tmp_path / "irvine" / "raw")
    assert dataset.processed_dir == str(tmp_path / "irvine" / "processed")


def test_availability_names_where_the_files_are(irvine, tmp_path, caplog):
    caplog.set_level(logging.ERROR)
    assert Irvine.availability(tmp_path) == "no"
    put(tmp_path / "one")
    assert Irvine.availability(tmp_path / "one") == "local copy"
    put(tmp_path / "two", folder="irvine/raw")
    assert Irvine.availability(tmp_path / "two") == "raw"
    irvine(tmp_path / "one")
    assert Irvine.availability(tmp_path / "one") == "processed"


def test_a_folder_of_copies_that_is_not_there_raises_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHCASCADE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(MissingFileError, match=r"GRAPHCASCADE_DATA=.*nowhere: there is no such folder; correct or"):
        Irvine(tmp_path)
