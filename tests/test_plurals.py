from __future__ import annotations

import pytest

from graphcascade.plurals import counted, counted_plural


@pytest.mark.parametrize(("count", "text"), [(0, "0 seed users"), (1, "1 seed user"), (1234, "1,234 seed users")])
def test_a_noun_becomes_a_plural_unless_there_is_one(count: int, text: str) -> None:
    assert counted(count, "seed user") == text
    assert counted_plural(count, "seed users") == text


@pytest.mark.parametrize(
    ("name", "singular"),
    [
        ("posts", "post"),
        ("posts of users unseen in training", "post of users unseen in training"),
        ("next users not seen in training", "next user not seen in training"),
        ("cascades that are in training, too", "cascade that is in training, too"),
        ("cascades of one user", "cascade of one user"),
        ("posts out of time order", "post out of time order"),
        ("missing images", "missing image"),
    ],
)
def test_the_first_plural_of_a_name_becomes_a_singular(name: str, singular: str) -> None:
    assert counted_plural(1, name) == f"1 {singular}"
    assert counted_plural(2, name) == f"2 {name}"
