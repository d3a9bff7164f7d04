from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest
import torch

from graphcascade.data import head_sources
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import evaluate
from graphcascade.experiments import reproduce
from graphcascade.experiments.kinds.next_users import PROTOCOL
from graphcascade.io import read_cascades, write_csv
from graphcascade.models import LSTM, Markov, SourceCooccurrence
from graphcascade.nn import SourceFusion
from graphcascade.trainers import AdversarialTrainer, NextUserTrainer
from tests.models.small_data import dataset_of

YAML = """
title: next
paper: theirs
url: https://example.org
place: Table 1
kind: next users
split: random
metrics: [MRR, Hit@10, MRR head, MRR tail]
datasets: {data.csv: }
seeds: 2
rows:
  - {name: seen}
  - {name: Markov, model: Markov}
  - &lstm
    name: LSTM
    model: LSTM
    arguments: {dim: 4, hidden: 4}
    trainer: {max_epochs: 2, batch_size: 8}
    choose: {dropout: [0.0, 0.5]}
    choose_trainer: {learning_rate: [0.001, 0.05]}
  - {<<: *lstm, name: fused, fusion: {fusion: attention}, choose: {}, choose_trainer: {}}
  - {<<: *lstm, name: hidden, fusion: {}, adversary: {warmup_epochs: 0, every: 0}, choose: {}, choose_trainer: {}}
claims:
  - {row: fused, better_than: [LSTM]}
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    chance = random.Random(3)
    # Half of the cascades have one of two sources, the others one of their own.
    cascades = [[k % 4 if k % 2 == 0 else 10 + k, *chance.sample(range(100, 220), 1 + k % 5)] for k in range(80)]
    write_csv(dataset_of(cascades, 220), tmp_path / "data.csv")
    path = tmp_path / "mine.yaml"
    path.write_text(YAML)
    return path


def test_figures_are_those_of_the_models(mine: Path, tmp_path: Path) -> None:
    (result,) = reproduce(mine, directory=tmp_path / "out")
    dataset = read_cascades(tmp_path / "data.csv")
    expected: dict[tuple[str, str], list[float]] = {}
    for seed in range(2):
        train, val, test = PROTOCOL.prepare(dataset, seed=seed)
        users = train.num_users
        head = head_sources(train)
        parts = {"": test}
        for name, wanted in ((" head", True), (" tail", False)):
            parts[name] = test.copy([k for k, one in enumerate(test) if bool(head[int(one.user[0])]) == wanted])
        assert len(parts[" head"]) > 0
        assert len(parts[" tail"]) > 0
        models = {"Markov": Markov(users).fit(train)}
        best = -1.0
        for dropout in (0.0, 0.5):
            for rate in (0.001, 0.05):
                torch.manual_seed(seed)
                model = LSTM(users, dim=4, hidden=4, dropout=dropout)
                loop = NextUserTrainer(
                    max_epochs=2, batch_size=8, learning_rate=rate, protocol=PROTOCOL, seed=seed, progress=False
                )
                loop.fit(model, train, val)
                score = evaluate(model, val, PROTOCOL, seed)["MRR"]
                if score > best:
                    best, models["LSTM"] = score, model
        settings = {"max_epochs": 2, "batch_size": 8, "protocol": PROTOCOL, "seed": seed, "progress": False}
        torch.manual_seed(seed)
        fused = LSTM(users, dim=4, hidden=4, embedding=SourceFusion(users, 4, "attention"))
        models["fused"] = NextUserTrainer(**settings).fit(fused, train, val)
        torch.manual_seed(seed)
        hidden = LSTM(users, dim=4, hidden=4, embedding=SourceFusion(users, 4, "sum"))
        models["hidden"] = AdversarialTrainer(warmup_epochs=0, every=0, **settings).fit(hidden, train, val)
        for row, one in models.items():
            for part, some in parts.items():
                found = evaluate(one, some, PROTOCOL, seed)
                expected.setdefault((row, f"MRR{part}"), []).append(100 * found["MRR"])
            expected.setdefault((row, "Hit@10"), []).append(100 * evaluate(one, test, PROTOCOL, seed)["Hit@10"])
        known = [bool(train.seen[user]) for one in test for user in one.user[1:].tolist()]
        expected.setdefault(("seen", "MRR"), []).append(100 * mean(known))
    figures = {(row.row, row.metric): row.measured for row in result.figures.itertuples()}
    for key, values in expected.items():
        assert figures[key] == pytest.approx(mean(values)), key
    assert "best of 4 on the validation of the same split" in result.chosen["LSTM"]
    assert set(result.figures["seeds"]) == {2}  # splits differ, so counting is repeated too


def test_rows_that_differ_in_one_setting_are_separate_runs(mine: Path, tmp_path: Path) -> None:
    base = "model: LSTM, arguments: {dim: 4, hidden: 4}"
    short, sources = "trainer: {max_epochs: 1, batch_size: 8}", "fusion: {fusion: sum}"
    rows = [
        f"{base}, {short}",
        f"{base}, {short}, {sources}",
        f"{base}, {short}, fusion: {{fusion: attention}}",
        f"{base}, {short}, {sources}, adversary: {{adversary: false}}",
        f"{base}, trainer: {{max_epochs: 1, batch_size: 9}}, {sources}",
        f"{base}, {short}, {sources}, choose: {{dropout: [0.5]}}",
        f"{base}, {short}, {sources}, choose_trainer: {{learning_rate: [0.01]}}",
        f"model: RNN, arguments: {{dim: 4, hidden: 4}}, {short}",
    ]
    lines = [f"  - {{name: row {number}, {row}}}" for number, row in enumerate(rows)]
    head, _, _ = YAML.partition("rows:")
    mine.write_text(head.replace("seeds: 2", "seeds: 1") + "rows:\n" + "\n".join(lines))
    reproduce(mine, directory=tmp_path / "out")
    assert len(list((tmp_path / "out" / "runs").glob("*.json"))) == len(rows)


def test_a_split_must_be_named(mine: Path, tmp_path: Path) -> None:
    mine.write_text(YAML.replace("split: random\n", ""))
    with pytest.raises(DataError, match="the kind 'next users' needs a split: random, chronological or files"):
        reproduce(mine, directory=tmp_path / "out")


def test_the_split_is_that_of_the_experiment(mine: Path, tmp_path: Path) -> None:
    text = YAML[: YAML.index("  - &lstm")].replace("split: random", "split: chronological")
    mine.write_text(text.replace("MRR head, MRR tail", "Hit@50"))
    (result,) = reproduce(mine, directory=tmp_path / "out")
    train, _, test = replace(PROTOCOL, split="chronological").prepare(read_cascades(tmp_path / "data.csv"))
    markov = evaluate(Markov(train.num_users).fit(train), test, PROTOCOL)
    (found,) = result.figures.query("row == 'Markov' and metric == 'MRR'")["measured"]
    assert found == pytest.approx(100 * markov["MRR"])


def test_a_counting_row_chooses_its_arguments_on_validation(mine: Path, tmp_path: Path) -> None:
    # User 0 is followed by 1 in the cascades that it starts, and more often by 2 in those of 3 and 4.
    cascades = [[[0, 1], [3, 0, 2], [4, 0, 2]][k % 3] for k in range(100)]
    write_csv(dataset_of([list(range(5, 110)), *cascades], 110), tmp_path / "data.csv", overwrite=True)
    head = YAML[: YAML.index("rows:")].replace("split: random", "split: chronological").replace("seeds: 2\n", "")
    mine.write_text(
        head.replace("[MRR, Hit@10, MRR head, MRR tail]", "[MRR]")
        + """rows:
  - {name: default, model: SourceCooccurrence}
  - {name: chosen, model: SourceCooccurrence, choose: {only_started: [false, true]}}
"""
    )
    (result,) = reproduce(mine, directory=tmp_path / "out")
    assert "only_started=True (best of 2 on the validation" in result.chosen["chosen"]
    figures = dict(zip(result.figures["row"], result.figures["measured"], strict=True))
    train, _, test = replace(PROTOCOL, split="chronological").prepare(read_cascades(tmp_path / "data.csv"))
    for row, only_started in (("default", False), ("chosen", True)):
        model = SourceCooccurrence(train.num_users, only_started).fit(train)
        assert figures[row] == pytest.approx(100 * evaluate(model, test, PROTOCOL)["MRR"])


def test_metrics_that_need_more_users_than_there_are_are_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # 60 users, so Hit@100 would be 100 % for every model.
    chance = random.Random(3)
    write_csv(dataset_of([chance.sample(range(60), 2 + k % 5) for k in range(80)], 60), tmp_path / "data.csv")
    text = YAML.replace("[MRR, Hit@10, MRR head, MRR tail]", "[Hit@50, Hit@100]").replace("seeds: 2", "seeds: 1")
    text = text.replace("    choose", "    # choose")
    text += "  - {row: Markov, better_than: [seen], metrics: [Hit@100]}\n"
    (tmp_path / "mine.yaml").write_text(text)
    (result,) = reproduce(tmp_path / "mine.yaml", directory=tmp_path / "out")
    assert {(row.row, row.metric) for row in result.figures.itertuples()} == {
        (name, "Hit@50") for name in ("seen", "Markov", "LSTM", "fused", "hidden")
    }
    assert "protocol dssf: Hit@100 is left out, because there are only 60 users." in caplog.messages
    (claim,) = result.claims  # that on Hit@100 cannot be checked
    assert claim.words.startswith("fused better than LSTM: Hit@50")
    (tmp_path / "mine.yaml").write_text(text.replace("[Hit@50, Hit@100]", "[Hit@100]"))
    with pytest.raises(UsageError, match=r"none of its metrics \(Hit@100\) is measured on data.csv"):
        reproduce(tmp_path / "mine.yaml", directory=tmp_path / "out")
