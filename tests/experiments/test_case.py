from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch_geometric.data import Data

from graphcascade.experiments import Case, Experiment, Row
from graphcascade.experiments.finished_runs import FinishedRuns
from graphcascade.experiments.row import SELECTION
from tests.models.small_data import dataset_of


@dataclass(frozen=True, kw_only=True)
class WidthRow(Row):
    width: int = 1
    shown: str = field(default="mean", metadata=SELECTION)


DATA = dataset_of([[0, 1], [1, 2], [2, 3], [0, 3]] * 5, 4)
GRAPH = Data(edge_index=torch.tensor([[0, 1], [1, 2]]), num_nodes=4)


@pytest.fixture
def case(tmp_path: Path) -> Case[WidthRow]:
    row = WidthRow(name="first")
    experiment = Experiment("mine", "", "", "", "", "widths", ["F1"], {}, (row,))
    return Case(experiment, "mine", DATA, row, 0, FinishedRuns(tmp_path), False)


def measure(case: Case[WidthRow], measurement: str = "a", data: Any = DATA, protocol: Any = None) -> int:
    """Returns the number of runs in the folder after one more call."""
    case.run(measurement, data.splits(seed=0)[0], protocol or {"k": 1}, lambda: {"figures": {}})
    return len(list(case.runs.directory.glob("*.json")))


def test_display_and_selections_are_not_in_the_key(case: Case[WidthRow]) -> None:
    assert measure(case) == 1
    other = WidthRow(name="other", published="theirs", parameter="width", value=3, shown="median")
    assert measure(replace(case, row=other)) == 1
    assert measure(replace(case, progress=True, name="another file of the same cascades")) == 1


def test_everything_else_is_in_the_key(case: Case[WidthRow]) -> None:
    measure(case)
    assert measure(replace(case, row=WidthRow(name="first", width=2))) == 2
    assert measure(replace(case, seed=1)) == 3
    assert measure(case, "b") == 4
    assert measure(case, protocol={"k": 2}) == 5
    assert measure(case, data=dataset_of([[0, 1], [1, 2], [2, 3], [0, 3], [3, 1]] * 4, 4)) == 6
    assert measure(case, data=DATA.with_follow_graph(GRAPH)) == 7
    assert measure(case, data=DATA.with_follow_graph(Data(edge_index=GRAPH.edge_index.flip(0), num_nodes=4))) == 8
