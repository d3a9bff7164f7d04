from __future__ import annotations

import errno
import resource
import subprocess
import sys

import numpy as np
import pytest
import torch

from graphcascade.cli import main
from graphcascade.cli.memory import memory_error


def raised(run) -> BaseException:
    try:
        run()
    except Exception as error:
        return error
    raise AssertionError("no error was raised")


def test_the_error_names_the_data_that_were_too_large():
    array = raised(lambda: np.empty((1 << 24, 1 << 24)))
    assert "for an array of 2.00 PiB, 16777216 x 16777216 values;" in str(memory_error(array))
    tensor = raised(lambda: torch.empty(1 << 50, dtype=torch.uint8))
    assert "for a tensor of 1,048,576.00 GiB;" in str(memory_error(tensor))
    device = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has ...")
    assert "not enough memory for 20.00 GiB more;" in str(memory_error(device))
    for plain in (
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
        ImportError("libtorch.so: failed to map segment from shared object"),
    ):
        assert str(memory_error(plain)).startswith("there is not enough memory; use")


def test_other_errors_are_not_about_memory():
    for error in (RuntimeError("shapes do not fit"), OSError(errno.ENOSPC, "full"), ValueError("out of memory")):
        assert memory_error(error) is None


def test_a_command_does_not_hide_other_errors(monkeypatch, capsys):
    def fail(*args, **options):
        raise MemoryError

    monkeypatch.setattr("graphcascade.cli.program.run", fail)
    assert main(["datasets"]) == 2
    assert capsys.readouterr().err.startswith("graphcascade: error: there is not enough memory;")
    monkeypatch.setattr("graphcascade.cli.program.run", lambda words: [][0])
    with pytest.raises(IndexError):
        main(["datasets"])


def test_a_process_with_little_memory_prints_one_line(tmp_path):
    (tmp_path / "my.csv").write_text("user,item,time\n" + "".join(f"{u},{i},{i}\n" for i in range(30) for u in "abc"))
    limit = 6 << 30
    words = ["fit", "my.csv", "--model", "LSTM", "--model-args.dim", "200000000", "--out", "run"]
    done = subprocess.run(
        [sys.executable, "-m", "graphcascade", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("graphcascade: error: there is not enough memory for a tensor of ")
    assert " GiB in graphcascade." in last  # which table is the first one too many depends on the interpreter
