from pathlib import Path

import pytest

from graphcascade.cli import main


def test_the_folder_stands_for_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, folder = tmp_path / "log.csv", tmp_path / "prepared"
    log.write_text("who,item,time\n" + "".join(f"u{k % 7},p{k % 4},{k}\n" for k in range(40)))
    assert main(["prepare", str(log), str(folder), "--user", "who", "--time-unit", "h"]) == 0
    assert f"wrote {folder}: 4 cascades, 28 events, 7 users" in capsys.readouterr().err
    assert main(["describe", str(log), "--user", "who", "--time-unit", "h"]) == 0
    expected = capsys.readouterr().out
    assert main(["describe", str(folder)]) == 0
    assert capsys.readouterr().out == expected
    for name, data in (("a.csv", [str(log), "--user", "who"]), ("b.csv", [str(folder)])):
        assert main(["convert", data[0], str(tmp_path / name), *data[1:]]) == 0
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["prepare", "log.csv", "prepared"], "prepared: this folder has prepared cascades already"),
        (["prepare", "log.csv", "log.csv"], "OUT log.csv: this is a file; choose a folder"),
        (["prepare", "log.csv", "new", "--user", "who"], "there is no column 'who'"),
        (["describe", "prepared", "--time-unit", "s"], "--time-unit s: has no effect on prepared cascades"),
        (["describe", "prepared", "--user", "who"], "--user who: has no effect on prepared cascades"),
        (["fit", "prepared", "--model", "AMNL"], "prepared"),
    ],
)
def test_mistakes_are_one_line(
    words: list[str], error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("log.csv").write_text("user,item,time\na,p,1\nb,p,2\nc,q,1\n")
    assert main(["prepare", "log.csv", "prepared", "--quiet"]) == 0
    capsys.readouterr()
    assert main(words) == 2
    text = capsys.readouterr().err
    assert error in text
    assert text.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv", "prepared"]
