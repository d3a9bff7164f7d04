"""Numbers of ids that come in portions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graphcascade.io import growing_ids
from graphcascade.io.growing_ids import GrowingIds


@pytest.mark.parametrize("pending", [0, 2, 100])
def test_ids_have_one_number_in_the_order_in_which_they_are_added(
    tmp_path: Path, pending: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing_ids, "PENDING", pending)
    users = GrowingIds(tmp_path / "users")
    portions = [["b", "a"], ["c", "b", "é"], [], ["a", "d", "c"], ["a"]]
    places = [users.add(np.array(portion, dtype=object)) for portion in portions]
    assert places == [0, 2, 5, 5, 8]
    ids, number = users.finish()
    assert ids.to_pylist() == ["b", "a", "c", "é", "d"]
    assert number.tolist() == [0, 1, 2, 0, 3, 1, 4, 2, 1]


def test_no_ids(tmp_path: Path) -> None:
    ids, number = GrowingIds(tmp_path / "users").finish()
    assert (len(ids), len(number)) == (0, 0)
