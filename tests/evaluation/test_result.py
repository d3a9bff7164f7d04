from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pytest

import graphcascade
from graphcascade.errors import UnknownNameError
from graphcascade.evaluation import NextUserProtocol, compare_results, evaluate
from graphcascade.evaluation.metric_rows import MetricRow
from tests.evaluation.fixed_scores import counter, three_cascades
from tests.models.small_data import random_dataset

PROTOCOL = NextUserProtocol("plain", ks=(1, 3), split="random")


def test_a_result_prints_figures_protocol_split_and_counts() -> None:
    _, _, test = PROTOCOL.prepare(random_dataset([3] * 20, 6), seed=5)
    text = str(evaluate(counter(), test, PROTOCOL, seed=9))
    assert "Popularity on cascades" in text
    assert "Hit@3" in text
    assert "protocol plain: infected users excluded, ties get their mean rank, next users not seen in" in text
    assert test.split is not None
    assert f"split: test part, random, seed 5, hash {test.split.digest}" in text
    assert "2 cascades, 6 events, 4 predictions, " in text
    assert f"graphcascade {graphcascade.__version__}" in text
    assert "seed 9, " in text


def test_a_result_prints_without_standard_errors_and_without_a_split() -> None:
    text = str(evaluate(counter(), three_cascades()[:1], PROTOCOL))
    assert "nan" not in text
    assert re.search(r"MRR +│ +\d\.\d{4} │", text)
    assert "split: all cascades, not a part of a split" in text


def test_a_result_prints_the_headline_first() -> None:
    by_cascade = replace(PROTOCOL, average="cascade", unseen="leave_out")
    result = evaluate(counter(), three_cascades(), by_cascade)
    line = next(line for line in str(result).splitlines() if "MRR" in line)
    assert f"{result['MRR']:.4f}" in line.split("│")[2]


def test_a_result_saves_plain_values(tmp_path: Path) -> None:
    result = evaluate(counter(), three_cascades(), PROTOCOL, seed=3)
    path = result.save(tmp_path / "results" / "result.json")
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert saved["protocol"] == json.loads(json.dumps(asdict(PROTOCOL)))
    assert (saved["model"], saved["dataset"], saved["seed"], saved["split"]) == ("Popularity", "cascades", 3, None)
    assert saved["counts"] == result.counts
    mrr = [row for row in saved["metrics"] if row["metric"] == "MRR" and row["headline"]]
    assert [row["value"] for row in mrr] == [result["MRR"]]
    single = evaluate(counter(), three_cascades()[:1], PROTOCOL).to_dict()
    assert single["metrics"][0]["error"] is None


def test_a_metric_that_was_not_measured_raises_an_error() -> None:
    result = evaluate(counter(), three_cascades(), PROTOCOL)
    with pytest.raises(UnknownNameError, match="'Hit@10' was not measured; the metrics are Hit@1, Hit@3, MRR"):
        result["Hit@10"]
    with pytest.raises(UnknownNameError) as caught:
        result.value("MRR", targets="head")
    assert str(caught.value) == (
        "MRR with targets='head' was not measured; it was measured with targets='all' or 'seen', unit='event' or "
        "'cascade'."
    )


def rows(*figures: tuple[str, str, str, str, float, float, bool]) -> pd.DataFrame:
    """Rows of Macro-F1: answer, horizon, targets, unit, value, error, headline."""
    return pd.DataFrame([MetricRow("Macro-F1", *figure) for figure in figures])  # type: ignore[arg-type]


def test_figures_are_chosen_by_column() -> None:
    result = replace(
        evaluate(counter(), three_cascades(), PROTOCOL),
        metrics=rows(
            ("sampled", "full", "new", "cascade", 0.1, 0.01, False),
            ("sampled", "full", "all", "cascade", 0.2, 0.02, True),
            ("sampled", "early", "all", "cascade", 0.3, 0.03, True),
            ("set", "full", "all", "cascade", 0.4, 0.04, True),
            ("set", "early", "all", "cascade", 0.5, 0.05, True),
            ("set", "early", "all", "event", 0.6, 0.06, False),
        ),
    )
    assert result["Macro-F1"] == result.value("Macro-F1") == 0.2
    assert result.value("Macro-F1", horizon="early") == 0.3
    assert result.value("Macro-F1", answer="set") == 0.4
    assert result.value("Macro-F1", answer="set", horizon="early") == 0.5
    assert result.value("Macro-F1", answer="set", horizon="early", unit="event") == 0.6
    assert result.value("Macro-F1", targets="new") == 0.1
    assert result.error("Macro-F1", answer="set", horizon="early") == 0.05
    with pytest.raises(UnknownNameError, match="Macro-F1 with answer='set', targets='new' was not measured"):
        result.value("Macro-F1", answer="set", targets="new")
    names = [line.split("│")[1].strip() for line in str(result).splitlines() if "F1" in line]
    assert names == ["Macro-F1, sampled", "Macro-F1, early, sampled", "Macro-F1, set", "Macro-F1, early, set"]
    table = compare_results([result])
    assert table.iloc[0].tolist() == [result.model, 0.2, 0.3, 0.4, 0.5]
    assert table.columns.tolist() == ["model", *names]
    assert compare_results([result], ["Macro-F1"]).equals(table)


def test_a_notebook_shows_the_figures_and_notes_of_the_printed_result_as_text() -> None:
    _, _, test = PROTOCOL.prepare(random_dataset([3] * 20, 6), seed=5)
    result = replace(evaluate(counter(), test, PROTOCOL, seed=9), dataset="<b>bold</b>")
    text = result._repr_html_()
    assert "Popularity on &lt;b&gt;bold&lt;/b&gt;" in text
    printed = str(result)
    cells = re.findall(r"<t[dh]>(.*?)</t[dh]>", text)
    assert "Hit@3" in cells
    assert f"{result['MRR']:.4f} ± {result.error('MRR'):.4f}" in cells
    assert all(cell in printed for cell in cells)
    notes = printed.splitlines()[-5:]
    assert re.findall(r"<div>(.*?)</div>", text) == notes
