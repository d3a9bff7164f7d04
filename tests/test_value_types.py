from __future__ import annotations

from typing import Literal

import pytest
import torch

from graphcascade.value_types import describe_type, parse_value


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (3, int, 3),
        ("3", int, 3),
        (3, float, 3.0),
        (None, int | None, None),
        ("3", str, "3"),
        ("true", bool, True),
        ("sum", Literal["sum", "mean"], "sum"),
        (0.2, float | Literal["half"], 0.2),
        ("half", float | Literal["half"], "half"),
        ({"dim": 3}, dict[str, int] | None, {"dim": 3}),
    ],
)
def test_values_that_fit_are_returned_as_their_type(value, kind, expected):
    found = parse_value(value, kind)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (1.5, int, "1.5 is not a whole number"),
        (True, int, "True is not a whole number"),
        (True, float | None, "True is not a number"),
        (None, int, "None is not a whole number"),
        ("null", float, "'null' is not a number"),
        (3, str, "3 is not text"),
        (1, bool, "1 is not true or false"),
        ("max", Literal["sum", "mean"], "'max' is not one of sum, mean"),
        ("all", float | Literal["half"], "'all' is not a number or half"),
        (3, torch.Tensor | None, "3 is not a Tensor"),
        (3, dict[str, int], "3 is not names with values"),
    ],
)
def test_other_values_are_errors(value, kind, words):
    with pytest.raises(TypeError, match=f"^{words}$"):
        parse_value(value, kind)
    assert words.endswith(describe_type(kind))


def test_tensors_are_kept():
    features = torch.ones(2, 3)
    assert parse_value(features, torch.Tensor | None) is features
