from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.cli.own_options import find_task, require_own_options
from graphcascade.errors import UsageError
from graphcascade.options import ReadOptions
from graphcascade.tasks import TASKS


def test_data_and_options_suggest_a_task(tmp_path: Path) -> None:
    assert find_task("my.csv", ReadOptions(), {}) is TASKS["next-user"]
    assert find_task("my.csv", ReadOptions(), {"observe": "1h"}) is TASKS["cascade-size"]
    assert (
        find_task("my.csv", ReadOptions(), {"observe": "1h", "train_share": 0.5}) is TASKS["next-user"]
    )  # for neither
    assert find_task(str(tmp_path), ReadOptions(), {}) is TASKS["ranking"]
    assert find_task("SMPVideo", ReadOptions(), {}) is TASKS["popularity"]


def test_columns_that_options_name_show_a_table_of_posts(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("id,seller,listed,kind\n1,ann,1,toy\n")
    assert find_task(str(path), ReadOptions(), {}) is TASKS["next-user"]
    assert find_task(str(path), ReadOptions(post="id", user="seller", time="listed"), {}) is TASKS["popularity"]
    assert find_task(str(path), ReadOptions(numbers="price"), {}) is TASKS["popularity"]
    path.write_text("post,user,time\n1,ann,1\n")
    assert find_task(str(path), ReadOptions(), {}) is TASKS["popularity"]
    assert find_task(str(path), ReadOptions(item="post"), {}) is TASKS["next-user"]


def test_options_of_other_tasks_are_an_error() -> None:
    require_own_options(TASKS["cascade-size"], "CascadeSizeLSTM", {"observe": "1h"})
    with pytest.raises(UsageError, match="observe='1h': has no effect on LSTM, which predicts who is infected next"):
        require_own_options(TASKS["next-user"], "LSTM", {"observe": "1h"})
