from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.models import LSTM, MODELS, CatBoostPopularity, Markov
from graphcascade.models.point_process import PointProcess
from graphcascade.options import NextUserOptions, PopularityOptions
from graphcascade.tasks import TASKS, Candidate, ValueRange, read_space, task_of
from graphcascade.tasks.search_space import make_candidate, space_to_dict


def test_a_file_has_ranges_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "space.yaml"
    path.write_text("learning_rate: {low: 0.001, high: 0.1, log: true}\ndim: [32, 64]\nscore: [product, null]\n")
    space = read_space(path)
    assert space == {"learning_rate": ValueRange(0.001, 0.1, True), "dim": (32, 64), "score": ("product", None)}
    path.write_text(json.dumps(space_to_dict(space)))
    assert read_space(path) == space


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is not a search space"),
        ("- dim\n", "this is not a search space"),
        ("dim: 8\n", "space.yaml, dim: give a list of values or a range"),
        ("dim: []\n", "space.yaml, dim: give a list of values or a range"),
        ("dim: [[8]]\n", "space.yaml, dim: the values of a list must be numbers"),
        ("dim: {low: 9, high: 8}\n", "space.yaml, dim: high=8: must be above low"),
        ("dim: [8\n", "not valid YAML"),
    ],
)
def test_other_files_are_an_error(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "space.yaml").write_text(text)
    with pytest.raises(DataError, match=message):
        read_space(tmp_path / "space.yaml")
    with pytest.raises(MissingFileError):
        read_space(tmp_path / "other.yaml")


def test_settings_are_arguments_or_options() -> None:
    found = make_candidate(LSTM, NextUserOptions, {"dim": 8, "learning_rate": 0.1, "source_fusion": "sum"})
    assert found == Candidate({"dim": 8}, {"learning_rate": 0.1, "source_fusion": "sum"})
    # CatBoost has a learning rate of its own
    assert make_candidate(CatBoostPopularity, PopularityOptions, {"learning_rate": 0.1}).options == {}
    with pytest.raises(UsageError, match="LSTM has no setting 'dimm' to search; did you mean dim"):
        make_candidate(LSTM, NextUserOptions, {"dimm": 8})
    with pytest.raises(UsageError, match="LSTM has no setting 'protocol'"):  # it would change what is measured
        make_candidate(LSTM, NextUserOptions, {"protocol": "ndm"})


def test_all_models_that_are_trained_have_a_search_space() -> None:
    for name in MODELS:
        kind = MODELS[name]
        if issubclass(kind, PointProcess) or task_of(kind).metric is None:
            continue
        task = task_of(kind)
        space = task.search_space(kind)
        make_candidate(kind, task.options, dict.fromkeys(space, 0))
        assert ("learning_rate" in space) >= task.trains_in_epochs(kind), name
    assert TASKS["next-user"].search_space(Markov) == {}
    assert "only_started" in TASKS["next-user"].search_space(MODELS["SourceCooccurrence"])
