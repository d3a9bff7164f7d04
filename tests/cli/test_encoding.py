from __future__ import annotations

import io
import os
import subprocess
import sys

import pandas as pd
import pytest

from graphcascade.cli import main

USERS = ("\u0434\u0436\u044f", "Zoë", "b")  # Cyrillic
ITEM = "\u6b4c"  # Chinese
DATA = "user,item,time\n" + "".join(
    f"{user},{ITEM}-{item},{10 * item + k}\n" for item in range(20) for k, user in enumerate(USERS)
)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_tables_and_ids_are_printed_and_files_are_utf8(tmp_path, monkeypatch, encoding):
    printed = io.BytesIO()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding))
    (tmp_path / "my.csv").write_text(DATA, encoding="utf-8")
    assert main(["fit", "my.csv", "--model", "Markov", "--out", "run"]) == 0
    text = printed.getvalue().decode(encoding)
    assert "| metric | mean over events |" in text
    assert ("±" if encoding == "cp1252" else "+- standard error") in text
    (tmp_path / "new.csv").write_text(f"user,item,time\n{USERS[0]},{ITEM}-0,1\n", encoding="utf-8")
    assert main(["predict", "run", "new.csv", "--k", "2", "--out", "next.csv"]) == 0
    assert r"\u6b4c-0" in printed.getvalue().decode(encoding)
    assert pd.read_csv("next.csv")["item"].tolist() == [f"{ITEM}-0"] * 2
    assert set(pd.read_csv("next.csv")["user"]) == set(USERS[1:])


def test_names_of_files_that_the_locale_cannot_decode(tmp_path):
    name = f"{USERS[0]}.csv"
    (tmp_path / name).write_text(DATA, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "graphcascade", "fit", name, "--model", "Markov", "--json", "result.json"],
        cwd=tmp_path,
        env=os.environ | {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        encoding="ascii",
    )
    assert done.returncode == 0, done.stderr
    assert os.listdir(tmp_path / "runs") == [f"{USERS[0]}-Markov"]
