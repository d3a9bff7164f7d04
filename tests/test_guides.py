"""CONTRIBUTING.md and docs/architecture.md name files, commands and code that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graphcascade.cli.program import COMMANDS

ROOT = Path(__file__).parents[1]
GUIDES = {path: (ROOT / path).read_text(encoding="utf-8") for path in ("CONTRIBUTING.md", "docs/architecture.md")}
CODE = "\n".join(
    path.read_text(encoding="utf-8") for folder in ("graphcascade", "tests") for path in (ROOT / folder).rglob("*.py")
)
TO_BE_ADDED = re.compile(r"gru|my_|GRU|MyForum|paper-table1|https?:")


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_names_files_and_code_that_exist(guide: str) -> None:
    quoted = [text for text in re.findall(r"`([^`\n]+)`", GUIDES[guide]) if not TO_BE_ADDED.search(text)]
    paths = [text for text in quoted if re.fullmatch(r"[\w./-]+(\.py|\.md|\.yaml|/)", text)]
    names = [text.removesuffix("()") for text in quoted if re.fullmatch(r"[A-Za-z_]+_?[A-Z_a-z]+(\(\))?", text)]
    assert paths
    assert names
    known = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if ".venv" not in path.parts]
    for text in paths:
        assert any(f"/{path}".endswith("/" + text.rstrip("/")) for path in known), f"{guide}: there is no {text}"
    for name in names:
        assert re.search(rf"\b{name}\b", CODE), f"{guide}: the code has no {name}"


@pytest.mark.parametrize("guide", GUIDES)
def test_tests_to_run_exist(guide: str) -> None:
    for words in re.findall(r"^python -m pytest (.+?)(?: #.*)?$", GUIDES[guide], re.MULTILINE):
        for path in (word for word in words.split() if word.startswith("tests") and not TO_BE_ADDED.search(word)):
            assert (ROOT / path).exists(), f"{guide}: there is no {path}"


def test_commands_and_targets_exist() -> None:
    text = GUIDES["CONTRIBUTING.md"]
    assert set(re.findall(r"python -m graphcascade ([\w-]+)", text)) <= set(COMMANDS)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([\w-]+)", text, re.MULTILINE):
        assert f"\n{target}:" in makefile
