from __future__ import annotations

from typing import Any

import pytest

from graphcascade.errors import UsageError
from graphcascade.evaluation import RankingProtocol


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"candidates": "none"}, "candidates='none': use one of 'followees', 'exposed', 'uniform', 'all'"),
        ({"num_negatives": 0}, "num_negatives=0: must be at least 1"),
        ({"ks": ()}, "ks=.*at least 1 each"),
        ({"ks": (3, 0)}, "ks=.*at least 1 each"),
    ],
)
def test_arguments_out_of_range_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        RankingProtocol(**arguments)


def test_str_names_the_candidates_and_the_seed() -> None:
    assert str(RankingProtocol(candidates="all", seed=2)) == (
        "ranking, candidates 'all': all tweets that the user has not retweeted yet, seed 2"
    )
