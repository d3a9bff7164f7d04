from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.cli.own_options import find_task, require_own_options
from graphcascade.errors import UsageError
from graphcascade.tasks import TASKS


def test_data_and_options_suggest_a_task(tmp_path: Path) -> None:
    assert find_task("my.csv", {}) is TASKS["next-user"]
    assert find_task("my.csv", {"observe": "1h"}) is TASKS["cascade-size"]
    assert find_task("my.csv", {"observe": "1h", "train_share": 0.5}) is TASKS["next-user"]  # for neither
    assert find_task(str(tmp_path), {}) is TASKS["ranking"]
    assert find_task("SMPVideo", {}) is TASKS["popularity"]


def test_options_of_other_tasks_are_an_error() -> None:
    require_own_options(TASKS["cascade-size"], "CascadeSizeLSTM", {"observe": "1h"})
    with pytest.raises(UsageError, match="observe='1h': has no effect on LSTM, which predicts who is infected next"):
        require_own_options(TASKS["next-user"], "LSTM", {"observe": "1h"})
