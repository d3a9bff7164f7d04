from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from graphcascade.cli import main
from graphcascade.cli.interruption import interruptible

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")

# Stops a command in the middle of a write, as a user or a batch system does.
# Signals that are ignored here, as in a job in the background, are not ignored there.
SLOW = """
import signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
import graphcascade.cli.output as output
from graphcascade.cli import main
def slow(*args, **options):
    from graphcascade.io import atomic_path
    with atomic_path("figures.json") as temporary:
        print("writing", flush=True)
        time.sleep(60)
output.write_json = slow
sys.exit(main(["experiments", "--json", "figures.json"]))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_command_cleans_up_and_prints_one_line(tmp_path: Path, number: signal.Signals) -> None:
    words = [sys.executable, "-c", SLOW]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, cwd=tmp_path, text=True, **pipes) as command:
        assert command.stdout is not None
        while command.stdout.readline() != "writing\n":
            pass
        assert len(os.listdir(tmp_path)) == 1
        command.send_signal(number)
        _, error = command.communicate(timeout=30)
    assert error == "graphcascade: stopped\n"
    assert command.returncode == 128 + number
    assert os.listdir(tmp_path) == []


def test_the_exit_code_is_that_of_the_signal_even_if_the_command_raises_another_error(monkeypatch, capsys):
    def stop(*words):
        signal.raise_signal(signal.SIGTERM)

    def stop_in_another_way(*words):
        try:
            stop()
        except KeyboardInterrupt:
            raise RecursionError("raised by a library that was interrupted") from None

    for command in (stop, stop_in_another_way):
        monkeypatch.setattr("graphcascade.cli.program.run", command)
        assert main(["datasets"]) == 128 + signal.SIGTERM
        assert capsys.readouterr().err == "graphcascade: stopped\n"


def test_handlers_are_restored_and_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible() as received:
            signal.raise_signal(signal.SIGHUP)
            assert received == []
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)  # the second does not interrupt what cleans up
            assert received == [signal.SIGTERM] * 2
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_command_that_is_stopped_during_its_import_prints_one_line(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "graphcascade.cli.program")
    monkeypatch.delattr("graphcascade.cli.program")

    class Interrupting:
        def find_spec(self, name, *_):
            if name == "graphcascade.cli.program":
                raise KeyboardInterrupt

    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    assert main(["experiments"]) == 130
    assert capsys.readouterr().err == "graphcascade: stopped\n"


LATE = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = ["graphcascade", "--version"]
from graphcascade.cli import main
code = main()
os.kill(os.getpid(), signal.SIGINT)
sys.exit(code)
"""


def test_a_signal_after_the_end_of_the_command_changes_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LATE], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("graphcascade ")
