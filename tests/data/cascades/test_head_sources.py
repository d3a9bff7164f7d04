from __future__ import annotations

from typing import Any

import pytest

from graphcascade.data import head_sources
from graphcascade.errors import UsageError
from tests.models.small_data import dataset_of

# Source 4 has five cascades, 1 has three, 2 and 0 one each; 3 is none, 5 is in no cascade.
DATA = dataset_of([[4, 3]] * 5 + [[1, 3, 4]] * 3 + [[2, 1], [0]], 6)


@pytest.mark.parametrize(
    ("share", "head"),
    [
        *((0.2, [4]), (0.25, [4]), (0.5, [1, 4]), (0.7, [0, 1, 4]), (0.75, [0, 1, 4]), (0.01, [4]), (0.99, [0, 1, 4])),
        ("half", [4]),
    ],
)
def test_the_sources_with_most_cascades_are_head(share: Any, head: list[int]) -> None:
    assert head_sources(DATA, share).nonzero().view(-1).tolist() == head


def test_half_takes_the_fewest_sources_with_half_of_the_cascades() -> None:
    data = dataset_of([[4, 3]] * 3 + [[1, 3]] * 2 + [[0, 1]] * 2 + [[2, 1]], 6)
    assert head_sources(data, "half").nonzero().view(-1).tolist() == [0, 4]


def test_bad_input_raises_an_error() -> None:
    for share in (0.0, 1.0, -1.0, float("nan"), "most"):
        with pytest.raises(UsageError, match="must be above 0 and below 1"):
            head_sources(DATA, share)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="the training cascades have 1 source; head and tail need at least two"):
        head_sources(dataset_of([[1, 2], [1, 3]], 4))
