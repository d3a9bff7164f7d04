from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graphcascade.io import atomic_path
from graphcascade.io.temporary import PREFIX, create_temporary, remove_abandoned

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")

WRITER = """
import sys
from graphcascade.io import atomic_path
with atomic_path(sys.argv[1]) as temporary:
    temporary.write_text("half")
    print("writing", flush=True)
    sys.stdin.read()
"""


def test_the_file_of_a_killed_process_is_removed_by_the_next_write(tmp_path: Path) -> None:
    mine = [tmp_path / f"{PREFIX}notes.txt", tmp_path / ".other.12345678"]
    for path in mine:
        path.write_text("mine")
    words = [sys.executable, "-c", WRITER, str(tmp_path / "out.csv")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        with atomic_path(tmp_path / "first.csv") as temporary:
            temporary.write_text("first")
        assert len(list(tmp_path.iterdir())) == 4  # the temporary file of a process that runs is left alone
        writer.send_signal(signal.SIGKILL)
    assert len(list(tmp_path.iterdir())) == 4
    with atomic_path(tmp_path / "second.csv") as temporary:
        temporary.write_text("second")
    assert sorted(os.listdir(tmp_path)) == [f"{PREFIX}notes.txt", ".other.12345678", "first.csv", "second.csv"]


def test_a_file_that_another_process_removed_before_it_was_locked_is_created_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    created: list[str] = []
    make = tempfile.mkstemp

    def make_and_remove_the_first(**options: str) -> tuple[int, str]:
        descriptor, name = make(**options)
        if not created:
            remove_abandoned(tmp_path)
        created.append(name)
        return descriptor, name

    monkeypatch.setattr(tempfile, "mkstemp", make_and_remove_the_first)
    descriptor, path = create_temporary(tmp_path, ".csv")
    os.close(descriptor)
    assert str(path) == created[1]
    assert os.listdir(tmp_path) == [path.name]


def test_links_and_folders_are_not_removed(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / f"{PREFIX}aaaaaaaa.txt").symlink_to(tmp_path / "mine.txt")
    (tmp_path / f"{PREFIX}bbbbbbbb").mkdir()
    remove_abandoned(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    assert (tmp_path / "mine.txt").read_text() == "mine"
