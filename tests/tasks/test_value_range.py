from __future__ import annotations

import pytest

from graphcascade.errors import UsageError
from graphcascade.tasks import ValueRange


def test_whole_ends_make_whole_numbers() -> None:
    assert ValueRange(1, 5).is_whole
    assert not ValueRange(1, 5.0).is_whole
    assert 3 in ValueRange(1, 5)
    assert 3.0 not in ValueRange(1, 5)
    assert 0.1 in ValueRange(0, 0.5)
    assert 6 not in ValueRange(1, 5)
    assert True not in ValueRange(0, 5)
    assert None not in ValueRange(0, 0.5)


def test_a_range_is_read_from_a_file() -> None:
    assert ValueRange.from_dict({"low": 1, "high": 5, "log": True}) == ValueRange(1, 5, log=True)
    with pytest.raises(UsageError, match="a range has no 'high'"):
        ValueRange.from_dict({"low": 1})
    with pytest.raises(UsageError, match="a range has 'step'"):
        ValueRange.from_dict({"low": 1, "high": 2, "step": 1})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0.5, 0.1), "high=0.1: must be above low, which is 0.5"),
        ((0, 1, True), "low=0: must be above 0 with a logarithm"),
        (("0", 1), "low='0': must be a finite number"),
        ((0, float("inf")), "high=inf: must be a finite number"),
        ((0, 1, "yes"), "log='yes': must be true or false"),
    ],
)
def test_a_range_without_values_is_an_error(values: tuple, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ValueRange(*values)
