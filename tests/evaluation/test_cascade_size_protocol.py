from __future__ import annotations

from typing import Any

import pytest

from graphcascade.errors import UsageError
from graphcascade.evaluation import CascadeSizeProtocol


def test_it_names_its_choices() -> None:
    words = "final sizes from the first 1h of each cascade, 95 % intervals from 1,000 resamples of the cascades, seed 0"
    assert str(CascadeSizeProtocol(observe="1h")) == words


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"resamples": 1}, "resamples=1: must be at least 2"),
        ({"confidence": 1.0}, r"confidence=1\.0: must be between 0 and 1"),
    ],
)
def test_numbers_out_of_range(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        CascadeSizeProtocol(observe="1h", **values)
