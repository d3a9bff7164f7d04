"""Several processes train and test as one process does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
import torch

from graphcascade import processes
from graphcascade.cli import main
from graphcascade.processes import (
    divide_work,
    gather_objects,
    is_first_process,
    is_one_of_several,
    num_processes,
    own_cases,
    process_number,
    start_processes,
    sum_over_processes,
)
from tests import several_processes

ROOT = Path(__file__).parents[1]


def torchrun(words: Sequence[str], folder: Path = ROOT, num: int = 2) -> subprocess.CompletedProcess[str]:
    """Runs a module in several processes on the CPU."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        str(num),
        "-m",
        *words,
    ]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900)


def test_work_is_divided_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process works on its share; the shares are all cases, in order; few cases are not divided."""
    shares: list[slice] = []

    def work(share: slice) -> tuple[torch.Tensor, torch.Tensor]:
        shares.append(share)
        case = torch.arange(7)[share]
        return case, case.repeat_interleave(2)

    def gather(own: object) -> list[object]:
        return [own if number == 1 else work(share) for number, share in enumerate((slice(0, 2), None, slice(4, 7)))]

    assert [part.tolist() for part in divide_work(7, work)] == [list(range(7)), [case // 2 for case in range(14)]]
    monkeypatch.setattr(processes, "num_processes", lambda: 3)
    monkeypatch.setattr(processes, "process_number", lambda: 1)
    monkeypatch.setattr(processes, "gather_objects", gather)
    shares.clear()
    cases, twice = divide_work(7, work)
    assert shares[0] == slice(2, 4)
    assert cases.tolist() == list(range(7))
    assert twice.tolist() == [case // 2 for case in range(14)]
    shares.clear()
    assert divide_work(2, work)[0].tolist() == [0, 1]
    assert shares == [slice(0, 2)]


def test_cases_are_shared_by_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = [[1, 1, 1, 1], [3, 1], [0, 0, 5, 1, 1, 1, 0], [0, 0], []]
    assert all(bool(own_cases(torch.tensor(size)).all()) for size in sizes)
    monkeypatch.setattr(processes, "num_processes", lambda: 2)
    for size, expected in zip(sizes[:3], ([1, 1, 0, 0], [1, 0], [1, 1, 1, 0, 0, 0, 0]), strict=True):
        monkeypatch.setattr(processes, "process_number", lambda: 0)
        assert own_cases(torch.tensor(size)).int().tolist() == expected
        monkeypatch.setattr(processes, "process_number", lambda: 1)
        assert own_cases(torch.tensor(size)).int().tolist() == [1 - own for own in expected]


def test_nothing_is_exchanged_inside_divided_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work on own cases may call functions that divide work; work that all processes do is divided inside."""
    exchanged: list[object] = []

    def inside(share: slice) -> tuple[torch.Tensor]:
        assert gather_objects("own") == ["own"]
        assert sum_over_processes([2.5]) == [2.5]
        return divide_work(7, lambda part: (torch.arange(7)[part],))

    monkeypatch.setattr(processes, "num_processes", lambda: 2)
    monkeypatch.setattr(processes, "process_number", lambda: 0)
    monkeypatch.setattr(processes, "gather_objects", lambda own: exchanged.append(own) or [own, own])
    assert divide_work(2, inside)[0].tolist() == [*range(7), *range(7)]  # each process has all seven inside
    assert len(exchanged) == 1
    monkeypatch.setattr(processes, "process_number", lambda: 1)
    exchanged.clear()
    outer = divide_work(1, lambda share: divide_work(7, lambda part: (torch.arange(7)[part],)))
    assert len(exchanged) == 1
    assert outer[0].tolist() == [3, 4, 5, 6] * 2


def test_a_process_of_its_own() -> None:
    start_processes()
    assert not is_one_of_several()
    assert (num_processes(), process_number(), is_first_process()) == (1, 0, True)
    assert gather_objects("one") == ["one"]
    assert sum_over_processes([1.5, 2]) == [1.5, 2]


@pytest.mark.slow
def test_two_processes_give_the_figures_of_one(tmp_path: Path) -> None:
    """Loss and validation of each epoch, and the test, of every trainer; and a resumed run is the whole one."""
    done = torchrun(["tests.several_processes", "train", str(tmp_path / "two")])
    assert done.returncode == 0, done.stderr
    expected = several_processes.run(tmp_path / "one")
    for name, values in expected.items():
        one, two = (pd.read_csv(tmp_path / count / name / "logs" / "metrics.csv") for count in ("one", "two"))
        pd.testing.assert_frame_equal(one, two, rtol=1e-4, atol=1e-6)
        for process in (0, 1):
            found = json.loads((tmp_path / "two" / f"figures-{process}.json").read_text(encoding="utf-8"))
            assert found["first"] == (process == 0)
            assert found["figures"][name] == pytest.approx(values, rel=1e-4, nan_ok=True), name
        assert len(list((tmp_path / "two" / name / "logs").glob("events.*"))) == 1  # one process wrote files
    tests = several_processes.figures_of_tests()
    for process in (0, 1):
        found = json.loads((tmp_path / "two" / f"figures-{process}.json").read_text(encoding="utf-8"))["tests"]
        for name, values in tests.items():
            assert found[name] == pytest.approx(values, rel=1e-4, nan_ok=True), name
    whole, resumed = (pd.read_csv(tmp_path / "two" / name / "logs" / "metrics.csv") for name in ("whole", "resumed"))
    pd.testing.assert_frame_equal(whole, resumed)


@pytest.mark.slow
def test_two_processes_infer_the_networks_of_one(tmp_path: Path) -> None:
    done = torchrun(["tests.several_processes", "infer", str(tmp_path)])
    assert done.returncode == 0, done.stderr
    expected = several_processes.figures_of_networks()
    for process in (0, 1):
        found = json.loads((tmp_path / f"networks-{process}.json").read_text(encoding="utf-8"))
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            assert found[name] == pytest.approx(values, rel=1e-6), name


def write_log(path: Path) -> None:
    rows = ["cascade,item,user,time"]
    for number, size in enumerate(several_processes.SIZES):
        rows += [f"{number},i{number},u{(number * 3 + k * 5) % 12},{number * 10 + k}" for k in range(size)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.mark.slow
def test_infer_network_in_two_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_log(tmp_path / "my.csv")
    infer = ["infer-network", "my.csv", "--permutations", "3", "--model-args.tolerance", "0.001"]
    written = ["--out", "network.txt", "--json", "network.json", "--plot", "network.png"]
    inferred = torchrun(["graphcascade", *infer, *written], tmp_path)
    assert inferred.returncode == 0, inferred.stderr
    assert inferred.stdout.count("Strongest links of my") == 1
    assert inferred.stderr.count("wrote network.txt") == 1
    monkeypatch.chdir(tmp_path)
    assert main([*infer, "--out", "one.txt", "--json", "one.json", "--quiet"]) == 0
    one, two = (json.loads((tmp_path / name).read_text()) for name in ("one.json", "network.json"))
    for name, value in one.items():
        assert two[name] == pytest.approx(value), name
    links = [pd.read_csv(tmp_path / name, sep=" ", comment="#", header=None) for name in ("one.txt", "network.txt")]
    pd.testing.assert_frame_equal(*links)


@pytest.mark.slow
def test_the_command_line_in_two_processes(tmp_path: Path) -> None:
    write_log(tmp_path / "my.csv")
    fit = ["graphcascade", "fit", "my.csv", "--model", "LSTM", "--max-epochs", "2", "--out", "run", "--seed", "1"]
    done = torchrun(fit, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("LSTM on my") == 1  # one process printed
    assert {path.name for path in tmp_path.iterdir()} == {"my.csv", "run"}
    test = torchrun(["graphcascade", "test", "run", "my.csv", "--json", "test.json"], tmp_path)
    assert test.returncode == 0, test.stderr
    metrics = [json.loads((tmp_path / name).read_text())["metrics"] for name in ("run/result.json", "test.json")]
    assert metrics[0] == metrics[1]
    again = torchrun(fit, tmp_path)
    assert "this folder has a run already" in again.stderr
    assert again.stderr.count("graphcascade: error:") == 1
    counting = torchrun(["graphcascade", "fit", "my.csv", "--model", "Markov"], tmp_path)
    assert "is not trained in epochs, which several processes could share" in counting.stderr
    compared = torchrun(["graphcascade", "compare", "my.csv"], tmp_path)
    assert "compare runs in one process; start it without torchrun" in compared.stderr


def test_the_error_of_another_process_is_printed_after_that_of_the_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"TORCHELASTIC_RUN_ID": "1", "WORLD_SIZE": "2", "RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TORCH_CPP_LOG_LEVEL", "ERROR")  # which the command would set for later tests, too
    printed_before = []
    monkeypatch.setattr(time, "sleep", lambda _: printed_before.append(capsys.readouterr().err))
    assert main(["compare", "my.csv"]) == 2
    assert printed_before == [""]  # torchrun has the time to end this process once the first one has failed
    assert "compare runs in one process; start it without torchrun" in capsys.readouterr().err
    monkeypatch.setenv("RANK", "0")
    assert main(["compare", "my.csv"]) == 2
    assert len(printed_before) == 1
