from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.cli import main
from graphcascade.cli.output import part_caption


def test_a_table_of_a_part_says_how_to_get_all() -> None:
    assert part_caption(3, 60, "post", "", None) == "3 of 60 posts, --out FILE writes all"
    assert part_caption(3, 1060, "link", "by gain", Path("all.csv")) == "3 of 1,060 links, by gain"
    assert part_caption(1, 1, "link", "by gain", None) == "1 link, by gain"


@pytest.mark.parametrize("command", ["predict", "infer-network", "rank-users"])
def test_commands_say_it(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"u{(start + k) % 30},i{start},{start * 100 + k}" for start in range(40) for k in range(4)]
    Path("my.csv").write_text("\n".join(["user,item,time", *rows]) + "\n")
    words = ["infer-network", "my.csv"]
    if command == "predict":
        assert main(["fit", "my.csv", "--model", "Markov", "--out", "run", "--quiet"]) == 0
        words = ["predict", "run", "my.csv"]
    if command == "rank-users":
        assert main([*words, "--out", "network.txt", "--quiet"]) == 0
        words = ["rank-users", "network.txt", "--horizon", "10"]
    capsys.readouterr()
    assert main(words) == 0
    assert "--out FILE writes all" in " ".join(capsys.readouterr().out.split())
    assert main([*words, "--out", "all.csv"]) == 0
    assert "--out FILE" not in capsys.readouterr().out
