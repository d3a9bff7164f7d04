from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from statistics import mean, stdev

import pytest
import torch

import graphcascade
from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, DownloadError, UnknownNameError, UsageError
from graphcascade.evaluation import RolloutProtocol, evaluate_cascades
from graphcascade.experiments import choice, reproduce, write_report
from graphcascade.experiments.kinds import cascades as cascades_kind
from graphcascade.experiments.runner import code_version
from graphcascade.models import LSTM, Popularity
from graphcascade.trainers import NextUserTrainer
from tests.models.small_data import dataset_of

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


USERS = 8


YAML = """
title: a title
paper: a paper
url: https://example.org
place: Table 7
kind: cascades
metrics: [Macro-F1, Micro-F1]
datasets: {Irvine: a stand-in}
seeds: 2
simulations: 30
validation_simulations: 10
validation: {Irvine: 2}
rows:
  - {name: fixed, model: LSTM, published: them, arguments: {dim: 4, hidden: 4}, epochs: {Irvine: [3]}}
  - name: chosen
    model: LSTM
    choose: {dim: [2, 4], hidden: [4]}
    epochs: {Irvine: [1, 3]}
    temperature: [1.0, 0.0]
    answer: set
  - {name: network, model: Netrate, choose: {delays: [exponential, rayleigh]}}
  - {name: counter, model: Popularity, answer: set}
claims:
  - {row: fixed, within: 2}
  - {row: counter, better_than: [fixed]}
  - {row: chosen, better_than: [published]}
  - {row: fixed, better_than: [published]}
published: {Irvine: {them: {Macro-F1: 2.0, Micro-F1: 0.0}}}
"""


HEAD = """
title: a title
paper: a paper
url: https://example.org
place: Table 7
kind: cascades
metrics: [Macro-F1, Micro-F1]
datasets: {Irvine: a stand-in}
"""


def cascades() -> CascadeDataset:
    generator = torch.Generator().manual_seed(0)
    drawn = [torch.randperm(USERS, generator=generator)[:4].tolist() for _ in range(40)]
    return dataset_of(drawn, USERS)


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("graphcascade.experiments.open_data.load_dataset", lambda name, root: cascades())
    path = tmp_path / "mine.yaml"
    path.write_text(YAML)
    return path


def test_figures_are_those_of_the_models(mine: Path, tmp_path: Path) -> None:
    (result,) = reproduce(mine, directory=tmp_path / "out")
    train, _, test = cascades().splits(fractions=(0.9, 0.0, 0.1))
    values = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        model = NextUserTrainer(max_epochs=3, patience=None, seed=seed, progress=False).fit(
            LSTM(USERS, dim=4, hidden=4), train
        )
        protocol = RolloutProtocol(simulations=30, terminate=False)
        values.append(evaluate_cascades(model, test, protocol, seed)["Macro-F1"])
    row = result.figures[(result.figures["row"] == "fixed") & (result.figures["metric"] == "Macro-F1")].iloc[0]
    assert row["measured"] == pytest.approx(mean(values))
    assert row["std"] == pytest.approx(stdev(values))
    assert (row["published"], row["seeds"]) == (2.0, 2)
    assert row["difference"] == pytest.approx(mean(values) - 2)
    counter = result.figures[result.figures["row"] == "counter"]
    expected = evaluate_cascades(Popularity(USERS).fit(train), test)
    assert counter["measured"].tolist() == [expected["Macro-F1"], expected["Micro-F1"]]
    assert counter["seeds"].tolist() == [1, 1]
    claims = {one.words: one.supported for one in result.claims}
    ((within, supported),) = [
        one for one in claims.items() if one[0].startswith("fixed within 2 of the published figures")
    ]
    assert supported
    assert float(within.split("largest difference ")[1].rstrip(")")) == pytest.approx(2 - mean(values), abs=0.001)
    ((words, supported),) = [
        one for one in claims.items() if one[0].startswith("fixed better than the published figures: ")
    ]
    assert supported is False
    assert float(words.split("Macro-F1 ")[1].split()[0]) == pytest.approx(mean(values) - 2, abs=0.01)
    assert " (not supported)" in words
    assert not any("chosen" in claim for claim in claims)  # nothing was published for it


def test_choices_use_validation_only_and_the_test_part_is_used_once(
    mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[tuple[str, str]] = []
    for module, name in ((choice, "choice"), (cascades_kind, "final")):

        def spy(model, data, *rest, name=name, **options):
            met.append((name, data.split.part))
            return evaluate_cascades(model, data, *rest, **options)

        monkeypatch.setattr(module, "evaluate_cascades", spy)
    (result,) = reproduce(mine, directory=tmp_path / "out")
    # Settings, splits, epochs, temperatures; and two settings of the network.
    assert met.count(("choice", "val")) == 2 * 2 * 2 * 2 + 2 * 2
    assert met.count(("final", "test")) == 2 + 2 + 1 + 1
    assert len(met) == 20 + 6
    assert "delays=" in result.chosen["network"]
    assert "best of 8 on 2 validation splits" in result.chosen["chosen"]
    assert result.chosen["fixed"] == ""


def test_finished_runs_are_not_repeated(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = reproduce(mine, directory=tmp_path / "out")
    monkeypatch.setattr(NextUserTrainer, "fit", None)
    (again,) = reproduce(mine, directory=tmp_path / "out")
    assert again.to_dict() == first.to_dict()
    mine.write_text(YAML.replace("simulations: 30", "simulations: 31"))
    with pytest.raises(TypeError):  # another protocol is another run
        reproduce(mine, directory=tmp_path / "out")
    mine.write_text(YAML)
    for path in (tmp_path / "out" / "runs").iterdir():
        path.write_text("{}")
    with pytest.raises(DataError, match="damaged; remove the file"):
        reproduce(mine, directory=tmp_path / "out")


def test_files_hold_the_command_the_figures_and_the_claims(mine: Path, tmp_path: Path) -> None:
    (result,) = reproduce(mine, directory=tmp_path / "out")
    assert [path.suffix for path in result.files] == [".json", ".png"]
    kept = json.loads(result.files[0].read_text())
    assert kept["command"] == "graphcascade reproduce mine --dataset Irvine"
    assert len(kept["figures"]) == 8
    assert kept["claims"][0]["supported"] is True
    assert result.files[1].read_bytes().startswith(b"\x89PNG")
    text = result.to_markdown()
    assert "a stand-in" in text
    assert "Not supported" in text
    assert "| fixed | Macro-F1 | 2.000 |" in text


def test_report_keeps_other_sections(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = reproduce(mine, directory=tmp_path / "out")
    report = tmp_path / "results.md"
    report.write_text("# Results\n\nold\n\n## another: Irvine\n\nstays\n\n## mine: Irvine\n\ngoes\n")
    write_report(report, found)
    text = report.read_text()
    assert "stays" in text
    assert "goes" not in text
    assert text.index("## another") < text.index("## mine")
    write_report(report, found)
    assert report.read_text() == text

    def gone(name: str, root: str) -> CascadeDataset:
        raise DownloadError("no connection")

    monkeypatch.setattr("graphcascade.experiments.open_data.load_dataset", gone)
    skipped = reproduce(mine, directory=tmp_path / "out")
    assert "could not be downloaded" in skipped[0].to_markdown()
    write_report(report, skipped)
    assert report.read_text() == text  # what was measured elsewhere stays
    other = tmp_path / "README.md"
    other.write_text("# Mine\n")
    with pytest.raises(DataError, match="not a report"):
        write_report(other, found)


def test_bad_input_raises_an_error(mine: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="no dataset 'Weibo'; it has Irvine"):
        reproduce(mine, ["Weibo"], tmp_path)
    with pytest.raises(UsageError, match="seeds=0"):
        reproduce(mine, seeds=0)
    mine.write_text(YAML.replace("kind: cascades", "kind: magic"))
    with pytest.raises(UnknownNameError, match="unknown kind of experiment 'magic'"):
        reproduce(mine)
    mine.write_text(YAML.replace("epochs: {Irvine: [3]}", "epochs: {Lastfm: [3]}"))
    with pytest.raises(DataError, match="epochs has no numbers for the dataset 'Irvine'"):
        reproduce(mine, directory=tmp_path)
    mine.write_text(YAML.replace("model: Popularity,", "model: Popularity, arguments: {dim: 3},"))
    with pytest.raises(DataError, match=r"row 4 \(counter\): .*Popularity has no argument 'dim'"):
        reproduce(mine, directory=tmp_path)


def test_a_dataset_that_cannot_be_measured_is_an_error(mine: Path, tmp_path: Path) -> None:
    head = HEAD.replace("kind: cascades", "kind: social links").replace("Macro-F1, Micro-F1", "accuracy")
    mine.write_text(head + "rows: [{name: network, model: Netrate}]\n")
    with pytest.raises(UsageError, match="has no follow graph"):
        reproduce(mine, directory=tmp_path)


def test_a_metric_that_no_row_has_is_named_at_the_end(
    mine: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The matrices of NDM depend on its arguments, so the kind "norms" does not know their names before."""
    head = HEAD.replace("kind: cascades", "kind: norms")
    rows = "rows: [{name: NDM, model: NDM, arguments: {dim: 4, window: 1}, epochs: {Irvine: [1]}}]\n"
    mine.write_text(head.replace("Macro-F1, Micro-F1", "W_0, W_7") + rows)
    (result,) = reproduce(mine, directory=tmp_path / "out")
    assert result.figures["metric"].tolist() == ["W_0"]
    assert "mine: no row on Irvine has W_7; measured are W_0, W_0 squared" in caplog.text
    mine.write_text(head.replace("Macro-F1, Micro-F1", "W_7") + rows)
    with pytest.raises(UsageError, match=r"none of its metrics \(W_7\) is measured on Irvine; measured are W_0,"):
        reproduce(mine, directory=tmp_path / "out")


def test_files_of_cascades_can_be_datasets(tmp_path: Path) -> None:
    (tmp_path / "my.txt").write_text("a,1 b,2 c,3\nb,4 c,6\n")
    path = tmp_path / "mine.yaml"
    head = HEAD.replace("kind: cascades", "kind: statistics")
    path.write_text(
        head.replace("[Macro-F1, Micro-F1]", "[Users]").replace("Irvine: a stand-in", "my.txt: ")
        + "rows: [{name: files}]\n"
    )
    (result,) = reproduce(path, directory=tmp_path / "out")
    assert result.figures["measured"].tolist() == [3]
    assert result.files[0] == tmp_path / "out" / "mine-my.json"
