from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, SupportsIndex, TypeVar

import numpy as np
import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.evaluation import NextUserProtocol, RankingProtocol, RolloutProtocol
from graphcascade.models import BPRMF, Popularity
from graphcascade.prediction import predict_next_users, recommend_tweets
from graphcascade.simulate import cyan_cascades, simulate_retweets
from graphcascade.value_types import check_arguments, describe_type, has_type, parse_value
from tests.models.ranking.small_network import random_network
from tests.models.small_data import dataset_of

SMALL = dataset_of([[0, 1, 2], [1, 2]], 3)


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
        ("max", Literal["sum", "mean"], "'max' is not one of 'sum', 'mean'"),
        ("all", float | Literal["half"], "'all' is not a number or 'half'"),
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


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (True, bool, True),
        (np.True_, bool, True),
        ("no", bool, False),
        (1, bool, False),
        (3, int, True),
        (np.int64(3), int, True),
        (3.0, int, False),
        (True, int, False),
        ("3", int, False),
        (None, int, False),
        (None, int | None, True),
        (3, float, True),
        (np.float32(3), float, True),
        (True, float | None, False),
        ("sum", Literal["sum", "mean"], True),
        ("max", Literal["sum", "mean"], False),
        (torch.ones(2), Literal["sum", "mean"], False),
        (True, Literal[1], False),
        ([1, 2], list[int], True),
        ((1, 2), Sequence[int], True),
        (np.array([1, 2]), Sequence[int], True),
        ([1, "2"], list[int], False),
        ("12", Sequence[str], False),
        ((1, "a"), tuple[int, str], True),
        ((1,), tuple[int, str], False),
        ((1, 2, 3), tuple[int, ...], True),
        ({"a": "any"}, dict[str, int], True),
        ({1: 1}, dict[str, int], False),
        ("folder", str | Path, True),
        (Path("folder"), str | Path, True),
        (3, str | Path, False),
        (torch.ones(2), torch.Tensor | int, True),
        ("x", torch.Tensor | int, False),
        ("x", Callable[[int], int], False),
        (len, Callable[[int], int], True),
        ("x", SupportsIndex, True),
        ("x", Any, True),
        ("x", TypeVar("T"), True),
    ],
)
def test_has_type_recognises_values_of_a_type(value, kind, expected):
    assert has_type(value, kind) is expected


class Layer:
    def __init__(self, size: int, unknown: NoSuchName = 3, *, bias: bool = True) -> None: ...  # noqa: F821


class Deep(Layer):
    def __init__(self, *args: int, depth: int | None = None, size: float = 1.0, **settings: str) -> None: ...


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"bias": "no"}, "Deep(bias='no'): must be true or false."),  # of the constructor of the base
        ({"depth": 1.5}, "Deep(depth=1.5): must be a whole number or None."),
        ({"size": "a"}, "Deep(size='a'): must be a number."),
        ({"size": "1e3"}, "Deep(size='1e3'): must be a number; YAML reads 1e3 as text, so write 1000 or 1.0e+3."),
        ({"depth": "1e3"}, "Deep(depth='1e3'): must be a whole number or None."),
    ],
)
def test_arguments_of_other_types_are_errors(arguments, words):
    with pytest.raises(UsageError) as caught:
        check_arguments(Deep, {"depth": 3} | arguments)
    ((argument, value),) = arguments.items()
    assert (str(caught.value), caught.value.argument, caught.value.value) == (words, argument, value)


def test_annotations_that_cannot_be_evaluated_and_names_without_one_are_not_checked():
    check_arguments(Deep, {"unknown": "x", "other": "x", "size": 2.5})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: predict_next_users(Popularity(3).fit(SMALL), SMALL, k="3"), "k='3': must be a whole number."),
        (lambda: SMALL.splits("random", seed="a"), "seed='a': must be a whole number."),
        (lambda: random_network().splits("0.8"), "train='0.8': must be a number."),
        (lambda: recommend_tweets(BPRMF.of(random_network()), k=2.5), "k=2.5: must be a whole number."),
        (lambda: cyan_cascades(num_cascades="5"), "num_cascades='5': must be a whole number."),
        (lambda: simulate_retweets(num_users="5"), "num_users='5': must be a whole number."),
        (lambda: RolloutProtocol(temperature="a"), "RolloutProtocol(temperature='a'): must be a number."),
        (lambda: RankingProtocol(num_negatives=True), "RankingProtocol(num_negatives=True): must be a whole number."),
        (lambda: NextUserProtocol("mine", ks=("1",)), "NextUserProtocol(ks=('1',)): must be a list, each a whole"),
    ],
)
def test_numbers_of_public_functions_and_protocols_are_checked(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        call()
    assert str(caught.value).startswith(words)


def test_a_wrong_call_raises_the_error_of_the_function() -> None:
    with pytest.raises(TypeError, match=r"cyan_cascades\(\) got an unexpected keyword argument 'size'"):
        cyan_cascades(size=3)  # type: ignore[call-arg]
