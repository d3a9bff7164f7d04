from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from graphcascade.data import check_events
from graphcascade.errors import DataError
from graphcascade.io import read_topolstm


def test_the_source_has_no_time(fixtures: Path) -> None:
    raw = read_topolstm(fixtures / "topolstm.txt")
    assert raw.sources_untimed
    assert raw.user.tolist() == ["476", "12", "352", "9", "476"]
    assert [None if math.isnan(time) else time for time in raw.time] == [None, 100.0, 101.5, None, 7.0]
    assert raw.cascade.tolist() == [0, 0, 0, 1, 1]
    assert raw.line.tolist() == [1, 1, 1, 2, 2]
    assert raw.item.tolist() == ["topolstm:1", "topolstm:2"]
    table = check_events(raw)
    assert table.time.tolist() == [100.0, 100.0, 101.5, 7.0, 7.0]
    assert table.repairs.untimed_sources == 2


@pytest.mark.parametrize("line", ["476", "476 12", "476 12 100 7"])
def test_a_line_of_another_form_raises_an_error(write: Callable[..., Path], line: str) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line 2: .* is not of the form 'source user time"):
        read_topolstm(write(f"1 2 3\n{line}\n"))


def test_a_time_that_is_not_a_number_raises_an_error(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"cascades.txt, line 1: the time of user '3' is 'x', which is not a number"):
        read_topolstm(write("1 2 7 3 x\n"))


def test_only_the_source_may_lack_a_time(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="line 1: the time of user '3' is missing"):
        check_events(read_topolstm(write("1 2 7 3 nan\n")))


@pytest.mark.real_data
def test_figures_of_twitter_are_those_of_its_files(real_data: Path) -> None:
    raw = [read_topolstm(real_data / "topolstm" / "twitter" / name) for name in ("train.txt", "test.txt")]
    table = check_events(raw, parts=[0, 2])
    assert table.num_cascades == 569
    assert table.num_users == 6126
    assert table.source.unique().numel() == 217
    assert table.repairs.untimed_sources == 569
    assert (table.repairs.reordered_cascades, table.repairs.repeated_users) == (0, 0)
