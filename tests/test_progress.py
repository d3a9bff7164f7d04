from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from graphcascade import progress
from graphcascade.progress import can_show_progress, in_notebook, track


def test_files_and_pipes_get_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    assert not can_show_progress()
    assert list(track(range(3), "counting", True)) == [0, 1, 2]
    assert capsys.readouterr().err == ""


def test_terminals_get_a_bar_unless_it_is_off(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "can_show_progress", lambda: True)
    assert list(track(range(3), "counting", False)) == [0, 1, 2]
    assert capsys.readouterr().err == ""
    assert list(track(range(3), "counting", True)) == [0, 1, 2]
    assert "counting" in capsys.readouterr().err


@pytest.mark.parametrize(("config", "expected"), [({"IPKernelApp": {}}, True), ({}, False), (None, False)])
def test_the_kernel_of_a_notebook_is_recognized(
    config: dict[str, object] | None, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell of IPython in a terminal has no kernel; a program that only imports IPython has no shell."""
    shell = None if config is None else SimpleNamespace(config=config)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert in_notebook() is expected
    assert can_show_progress() is expected
