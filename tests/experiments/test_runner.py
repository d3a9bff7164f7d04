from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import graphcascade
from graphcascade.experiments.runner import code_version

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@needs_git
def test_results_name_the_commit_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*command: str) -> str:
        settings = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        return subprocess.run(
            ["git", *settings, *command], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.strip()

    package = tmp_path / "graphcascade" / "__init__.py"
    package.parent.mkdir()
    package.write_text("")
    (tmp_path / "results.md").write_text("")
    monkeypatch.setattr(graphcascade, "__file__", str(package))
    assert code_version() == graphcascade.__version__
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    clean = f"{graphcascade.__version__} ({git('rev-parse', '--short', 'HEAD')})"
    assert code_version() == clean
    (tmp_path / "results.md").write_text("a result")  # no part of the code
    assert code_version() == clean
    package.write_text("changed")
    assert code_version() == clean.replace(")", "-dirty)")


@needs_git
def test_the_commit_is_that_of_this_clone() -> None:
    root = Path(graphcascade.__file__).parents[1]
    if not (root / ".git").exists():
        pytest.skip("not a clone")
    assert "(" in code_version()
