from __future__ import annotations

import pytest

from graphcascade.errors import UsageError
from graphcascade.evaluation import PopularityProtocol


def test_a_protocol_says_its_choices() -> None:
    assert str(PopularityProtocol()) == (
        "popularity, labels 'frozen': labels are known up to the end of training; 95 % intervals from 1,000 resamples "
        "of the users, seed 0"
    )
    other = str(PopularityProtocol(labels="online", known_users=False, resamples=50, confidence=0.9))
    assert "labels of all earlier posts are known, the user of each post is hidden; 90 % intervals from 50" in other


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": "later"}, "use one of 'frozen', 'online'"),
        ({"resamples": 19}, "must be at least 20"),
        ({"confidence": 1.0}, "must be between 0 and 1"),
        ({"known_users": "no"}, "must be"),
    ],
)
def test_wrong_choices_raise_an_error(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PopularityProtocol(**arguments)  # type: ignore[arg-type]
