"""Options of tasks: flat names become groups, and options of other tasks are found."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields

from graphcascade.options import (
    CascadeReadOptions,
    CascadeSizeOptions,
    NetworkOptions,
    NextUserOptions,
    PopularityOptions,
    ProtocolOptions,
    RankingOptions,
    RetweetReadOptions,
    TrainingOptions,
)
from graphcascade.options.task_options import (
    TASK_OPTIONS,
    make_options,
    option_groups,
    other_tasks_options,
    protocol_groups,
)
from graphcascade.tasks import TASKS


def test_flat_names_become_groups() -> None:
    options = make_options(NextUserOptions, {"max_epochs": 3, "protocol": "ndm", "source_fusion": "sum", "other": 1})
    assert options.training == TrainingOptions(max_epochs=3)
    assert options.testing == ProtocolOptions(protocol="ndm")
    assert options.fusion.source_fusion == "sum"
    assert make_options(NextUserOptions, {}) == NextUserOptions()


def test_each_group_occurs_once() -> None:
    groups = option_groups()
    assert len(groups) == len(set(groups))
    assert set(groups) == {
        *option_groups(NextUserOptions),
        *option_groups(NetworkOptions),
        *option_groups(RankingOptions),
        *option_groups(CascadeSizeOptions),
        *option_groups(PopularityOptions),
    }
    names = [option.name for group in groups for option in fields(group)]
    assert len(names) == len(set(names))


def test_each_group_has_a_heading_for_the_help() -> None:
    titles = [group.heading for group in (*option_groups(), CascadeReadOptions, RetweetReadOptions)]
    assert len(titles) == len(set(titles))
    assert "ranking tweets (AMNL)" in titles


def test_changed_options_of_other_tasks_are_found() -> None:
    values = {"max_epochs": 3, "learning_rate": TrainingOptions.learning_rate, "protocol": "ndm"}
    assert other_tasks_options(NetworkOptions, values) == {
        "max_epochs": ["next-user", "ranking", "cascade-size", "popularity"]
    }
    assert other_tasks_options(NextUserOptions, values) == {}


def test_the_table_is_that_of_the_tasks() -> None:
    assert {name: task.options for name, task in TASKS.items()} == TASK_OPTIONS


def test_options_need_no_torch() -> None:
    command = "import sys, graphcascade.options.task_options; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_groups_of_the_protocol_are_those_that_do_not_train() -> None:
    names = {option.name for group in protocol_groups() for option in fields(group)}
    assert {"protocol", "counters", "follow_graph", "observe", "candidates", "labels", "text_features"} <= names
    assert not names & {"learning_rate", "max_epochs", "source_fusion", "adversary", "graph_encoder"}
