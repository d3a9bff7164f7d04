"""Commands that are killed, whose disk is full, or whose output is closed lose nothing and leave nothing behind.

The number of kills is ``GRAPHCASCADE_KILLS``, by default a few; fifty are for runs by hand.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import graphcascade.experiments
import graphcascade.report
import graphcascade.tasks  # noqa: F401 - imported once, so that the copies of this process need not
from graphcascade.cli import main
from graphcascade.io.temporary import PREFIX

KILLS = int(os.environ.get("GRAPHCASCADE_KILLS", "3"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="forks, and limits files as Linux does"),
]

EXPERIMENT = """
title: a title
paper: a paper
url: https://example.org
place: Table 7
kind: next users
split: random
metrics: [MRR]
datasets: {my.csv: }
seeds: 2
rows:
  - {name: counting, model: Markov}
  - {name: learned, model: LSTM, arguments: {dim: 4}, trainer: {max_epochs: 1}}
"""


def start(words: Sequence[str], folder: Path, prepare: Callable[[], None] = lambda: None) -> int:
    """Runs a command in a copy of this process, which has imported everything, and returns its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        number = os.fork()
    if number:
        return number
    code = 99
    try:
        os.chdir(folder)
        with open(folder.parent / "output.txt", "a", encoding="utf-8") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        prepare()
        for name, number in (("stdout", 1), ("stderr", 2)):  # pytest has replaced them
            setattr(sys, name, os.fdopen(number, "w", closefd=False))
        code = main(words)
        with suppress(OSError):
            sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def run(words: Sequence[str], folder: Path, prepare: Callable[[], None] = lambda: None) -> tuple[int, str]:
    """Runs a command to its end; returns the exit code and what it printed."""
    output = folder.parent / "output.txt"
    output.write_text("")
    _, status = os.waitpid(start(words, folder, prepare), 0)
    return os.waitstatus_to_exitcode(status), output.read_text(encoding="utf-8")


def kill(words: Sequence[str], folder: Path, seconds: float) -> None:
    """Starts a command and kills it after some time, unless it has ended before."""
    number = start(words, folder)
    time.sleep(seconds)
    os.kill(number, signal.SIGKILL)
    os.waitpid(number, 0)


def content_of(folder: Path) -> dict[str, Any]:
    """All files below a folder, without what differs between equal runs: seconds, dates, and events for TensorBoard."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or path.name == ".lock" or path.name.startswith("events."):
            continue
        if path.suffix == ".json":
            found[name] = without_seconds(json.loads(path.read_text(encoding="utf-8")))
        elif path.suffix in (".png", ".ckpt"):
            found[name] = "there"
        else:
            found[name] = path.read_bytes()
    return found


def without_seconds(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_seconds(each) for key, each in value.items() if key not in ("seconds", "code", "version")}
    return [without_seconds(each) for each in value] if isinstance(value, list) else value


def write_cascades(folder: Path, cascades: int = 60) -> None:
    """Writes my.csv: cascades of twelve users."""
    folder.mkdir(parents=True)
    chosen = random.Random(0)
    rows = ["user,item,time"]
    for item in range(cascades):
        users = chosen.sample(range(12), chosen.randint(2, 6))
        rows += [f"u{user},i{item},{10 * item + place}" for place, user in enumerate(users)]
    (folder / "my.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "mine.yaml").write_text(EXPERIMENT, encoding="utf-8")


FIT = ["fit", "my.csv", "--model", "LSTM", "--max-epochs", "4", "--model-args.dim", "4", "--out", "run"]
RESUME = ["fit", "--config", "run/config.json", "--resume"]


def fit_again(folder: Path) -> list[str]:
    """The documented way to go on: resume the run, or begin if the process was killed before there was one."""
    return RESUME if (folder / "run" / "config.json").exists() else FIT


def convert_again(folder: Path) -> list[str]:
    return [*CONVERT, *(["--overwrite"] if (folder / "my.jsonl").exists() else [])]


CONVERT = ["convert", "my.csv", "my.jsonl"]
REPRODUCE = ["reproduce", "mine.yaml", "--directory", "out"]
COMMANDS: dict[str, tuple[list[str], Callable[[Path], list[str]]]] = {
    "fit": (FIT, fit_again),
    "convert": (CONVERT, convert_again),
    "reproduce": (REPRODUCE, lambda _: REPRODUCE),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_that_is_run_again_gives_the_result_of_an_undisturbed_one(name: str, tmp_path: Path) -> None:
    first, again = COMMANDS[name]
    whole = tmp_path / "whole" / "work"
    write_cascades(whole)
    begin = time.monotonic()
    code, output = run(first, whole)
    seconds = time.monotonic() - begin
    assert code == 0, output
    expected = content_of(whole)
    for seed in range(KILLS):
        chosen = random.Random(seed)
        folder = tmp_path / str(seed) / "work"
        write_cascades(folder)
        kill(first, folder, chosen.uniform(0, seconds))
        if chosen.random() < 0.5:  # and the one that goes on, too
            kill(again(folder), folder, chosen.uniform(0, seconds))
        code, output = run(again(folder), folder)
        assert code == 0, (seed, output)
        assert content_of(folder) == expected, seed
        assert not [path for path in folder.rglob("*") if path.name.startswith((PREFIX, ".repl"))], seed


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """Mounts a file system in memory on a folder, where this is allowed."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


WRITERS: dict[str, list[str]] = {
    "fit": ["fit", "../my.csv", "--model", "LSTM", "--max-epochs", "1", "--out", "run"],
    "fit a counting model": ["fit", "../my.csv", "--model", "Markov", "--out", "run"],
    "convert": ["convert", "../my.csv", "my.jsonl"],
    "convert to Parquet": ["convert", "../my.csv", "my.parquet"],
    "describe": ["describe", "../my.csv", "--plot", "my.png", "--json", "my.json"],
    "infer": ["infer-network", "../my.csv", "--out", "network.csv", "--quiet"],
    "simulate": ["simulate", "many.csv", "--cascades", "300"],
    "predict": ["predict", "../model", "../my.csv", "--out", "next.csv"],
}


def one_error(output: str) -> str:
    """The error of a command, which is one line, and no traceback."""
    assert "Traceback" not in output, output
    lines = [line for line in output.splitlines() if line.startswith("graphcascade: error:")]
    assert len(lines) == 1, output
    return lines[0]


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_one_line_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    write_cascades(tmp_path / "data", cascades=300)
    (tmp_path / "data" / "my.csv").rename(tmp_path / "my.csv")
    if name == "predict":
        fitted = ["fit", "my.csv", "--model", "Markov", "--out", "model"]
        assert run(fitted, tmp_path)[0] == 0
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "size=8k"):
        code, output = run(WRITERS[name], disk)
        assert code == 2, output
        assert "the disk is full" in one_error(output)
        left = [path.name for path in disk.rglob("*") if path.is_file()]
        assert not [path for path in left if path.startswith(PREFIX)], left
        # Files of a run that were whole before the disk was full stay; a training in epochs goes on from them.
        whole = {"config.json", ".lock", "model.safetensors"} if name.startswith("fit") else set()
        assert set(left) <= whole, left


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_cannot_be_written_to_is_one_line(name: str, tmp_path: Path) -> None:
    write_cascades(tmp_path / "data")
    (tmp_path / "data" / "my.csv").rename(tmp_path / "my.csv")
    if name == "predict":
        assert run(["fit", "my.csv", "--model", "Markov", "--out", "model"], tmp_path)[0] == 0
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "ro"):
        code, output = run(WRITERS[name], disk)
    assert code == 2, output
    assert "cannot be written to" in one_error(output)


@pytest.mark.parametrize("name", ["fit a counting model", "convert", "describe"])
def test_a_limit_on_the_size_of_files_is_one_line(name: str, tmp_path: Path) -> None:
    write_cascades(tmp_path / "data", cascades=300)
    (tmp_path / "data" / "my.csv").rename(tmp_path / "my.csv")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    work = tmp_path / "work"
    work.mkdir()
    code, output = run(WRITERS[name], work, limit)
    assert code == 2, output
    assert one_error(output)
    assert not [path for path in work.rglob("*") if path.name.startswith(PREFIX)]


@pytest.mark.parametrize(
    "words",
    [
        ["models"],
        ["experiments"],
        ["--help"],
        ["fit", "--help"],
        ["describe", "my.csv"],
        ["fit", "my.csv", "--model", "Markov"],
        ["datasets"],
    ],
)
def test_a_closed_output_is_no_error(words: list[str], tmp_path: Path) -> None:
    """As in "graphcascade models | head -1"."""
    write_cascades(tmp_path / "work")

    def close_output() -> None:
        reading, writing = os.pipe()
        os.close(reading)
        os.dup2(writing, 1)

    code, output = run(words, tmp_path / "work", close_output)
    assert code == 0, output
    assert "Traceback" not in output
    assert "rror" not in output
