"""The README shows what runs: its Python blocks are executed, in order, in one namespace."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^(graphcascade [^#\n]*)", TEXT.replace("\\\n", ""), re.MULTILINE)

CSV = "user,item,time\n" + "".join(
    f"ann,song-{n},2024-05-{n:02} 12:00\nbob,song-{n},2024-05-{n:02} 12:07\n" for n in range(1, 9)
)


def test_the_readme_has_blocks_to_run():
    assert len(BLOCKS) >= 2
    assert len(COMMANDS) >= 6


def test_python_blocks_run_in_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for number, block in enumerate(BLOCKS):
        exec(compile(block, f"README block {number + 1}", "exec"), namespace)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command, tmp_path, monkeypatch, capsys):
    from graphcascade.cli import main

    if "Memetracker" in command or "reproduce" in command:
        pytest.skip("fetches a published dataset")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.csv").write_text(CSV)
    if "--user" in command:
        (tmp_path / "my.csv").write_text(CSV.replace("user,item,time", "user_id,topic_id,timestamp"))
    words = command.split()[1:]
    if words[0] in ("test", "predict", "link-prediction") or "--resume" in words:
        pytest.skip("needs the model of the command before; tests/test_cli.py runs them together")
    if "--follow-graph" in words:
        rows = [
            f"{user},song-{n},2024-05-{n:02} 12:{minute:02}" for n in range(1, 29) for minute, user in enumerate("abc")
        ]
        (tmp_path / "my.csv").write_text("\n".join(["user,item,time", *rows]))
        (tmp_path / "follows.csv").write_text("a,b\nb,c\n")
    elif words[0] in ("fit", "compare", "tune"):
        if "my-tweets" in words:
            main(["simulate", "my-tweets", "--retweets", "social", "--users", "80", "--tweets", "60"])
        elif "my-posts" in words:
            main(["simulate", "my-posts", "--posts", "claims", "--num-posts", "200"])
        else:
            main(["simulate", "out.csv", "--cascades", "60"])
        words += ["--max-epochs", "1"]
        words += ["--trials", "1"] if words[0] == "tune" else []
    elif "runs/cyan" in words:
        main(["simulate", "out.csv", "--cascades", "60"])
        main(["fit", "out.csv", "--model", "CYANRNN", "--out", "runs/cyan", "--max-epochs", "1", "--quiet"])
    if "network.txt" in words and words[0] in ("simulate", "seeds", "rank-users"):
        main(["infer-network", "my.csv", "--out", "network.txt", "--quiet"])
    if words[0] == "demo":
        words += ["--cascades", "60"]
    assert main(words) == 0, capsys.readouterr().err
