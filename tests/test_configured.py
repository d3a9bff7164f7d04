from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graphcascade.configured import Configured
from graphcascade.errors import UsageError
from graphcascade.models import LSTM, NDM, RMTPP, Netrate, Popularity
from graphcascade.nn import SourceFusion
from graphcascade.trainers import AdversarialTrainer, NextUserTrainer, RankingTrainer


class Layer(Configured):
    unsaved = ("progress",)

    def __init__(self, size: int, bias: bool = True, *, progress: bool = False) -> None:
        self.size = size
        self.bias = bias


class Wide(Layer):
    """Passes other arguments to its base class than it has itself."""

    def __init__(self, factor: int = 3) -> None:
        super().__init__(10 * factor, bias=False)


class Passing(Layer):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class Named(Layer):
    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class Inherits(Layer):
    pass


@pytest.mark.parametrize(
    ("made", "config"),
    [
        (Layer(3), {"size": 3, "bias": True}),
        (Layer(bias=False, size=4, progress=True), {"size": 4, "bias": False}),
        (Inherits(5, False), {"size": 5, "bias": False}),
        (Wide(), {"factor": 3}),
        (Wide(2), {"factor": 2}),
        (Passing(6, False), {"size": 6, "bias": False}),
        (Passing(7, progress=True), {"size": 7}),
        (Named("a", 8, bias=False), {"name": "a", "size": 8, "bias": False}),
    ],
)
def test_arguments_are_kept_by_their_names(made: Layer, config: dict[str, Any]) -> None:
    assert made.config == config
    again = type(made)(**config)
    assert again.config == config
    assert (again.size, again.bias) == (made.size, made.bias)


@pytest.mark.parametrize(("args", "kwargs"), [((), {}), ((1, True, 2), {}), ((1,), {"size": 2})])
def test_wrong_arguments_raise_the_error_of_the_constructor(args: tuple[int, ...], kwargs: dict[str, int]) -> None:
    with pytest.raises(TypeError, match=r"Layer\.__init__\(\)"):
        Layer(*args, **kwargs)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Layer(1, depth=2), "Layer(depth=2): there is no argument 'depth'; known are size, bias, progress."),
        (lambda: LSTM(27, dmi=3), "LSTM(dmi=3): there is no argument 'dmi'; did you mean dim?"),
        (
            lambda: NextUserTrainer(max_epoch=3),
            "NextUserTrainer(max_epoch=3): there is no argument 'max_epoch'; did you mean max_epochs?",
        ),
        (lambda: AdversarialTrainer(lerning_rate=1.0), "AdversarialTrainer(lerning_rate=1.0): there is no argument"),
        (
            lambda: RankingTrainer(candidates="x"),
            "RankingTrainer(candidates='x'): there is no argument 'candidates'; did you mean train_candidates?",
        ),
    ],
)
def test_an_unknown_argument_names_the_class_and_the_nearest_one(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value).startswith(words)


def test_a_class_outside_the_package_may_take_any_name() -> None:
    class Open(Layer):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.depth = kwargs.pop("depth", 1)
            super().__init__(*args, **kwargs)

    assert Open(1, depth=2).depth == 2


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Layer("3"), "Layer(size='3'): must be a whole number."),
        (lambda: Passing(6, "no"), "Passing(bias='no'): must be true or false."),
        (lambda: LSTM(27, mask_infected="no"), "LSTM(mask_infected='no'): must be true or false."),
        (lambda: LSTM(27, hidden="64"), "LSTM(hidden='64'): must be a whole number."),
        (lambda: LSTM(27, embedding=3), "LSTM(embedding=3): must be a UserEmbedding or None."),
        (lambda: NDM(27, social_features="x"), "NDM(social_features='x'): must be a Tensor or a whole number or None."),
        (lambda: SourceFusion(5, 4, gate=2), "SourceFusion(gate=2): must be one of 'softmax', 'sigmoid', 'literal'."),
    ],
)
def test_arguments_of_other_types_are_errors(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value) == words


def test_numbers_of_numpy_are_kept_as_those_of_python() -> None:
    config = LSTM(np.int64(5), 4, dropout=np.float32(0.5), terminate=np.True_).config
    values = [config[name] for name in ("num_users", "dropout", "terminate")]
    assert [(value, type(value)) for value in values] == [(5, int), (0.5, float), (True, bool)]


def test_copies_have_the_arguments() -> None:
    embedding = SourceFusion(5, 4, dropout=0.1)
    model = LSTM(5, 4, embedding=embedding)
    for copied in (copy.deepcopy(model), copy.copy(model)):
        assert {**copied.config, "embedding": None} == {**model.config, "embedding": None}
    copied = copy.deepcopy(model)
    assert copied.config["embedding"] is copied.embedding
    assert copied.embedding.config == embedding.config
    assert copied.config is not model.config


def test_models_keep_their_arguments_and_defaults() -> None:
    assert LSTM(5, hidden=2).config == {
        "num_users": 5,
        "dim": 64,
        "hidden": 2,
        "dropout": 0.0,
        "terminate": False,
        "mask_infected": True,
        "std": 0.1,
        "embedding": None,
    }
    assert "progress" not in Netrate(progress=True).config
    assert NDM(5, dim=8, social_features=3).config["social_features"] == 3
    assert list(RMTPP(5).config)[-4:] == ["cell", "calendar", "horizon", "scale"]


class Inheriting(Layer):
    """Has the constructor of its base class."""


def test_the_signature_of_a_class_is_that_of_its_constructor() -> None:
    """Before Python 3.11.4, that of a class which inherits its constructor was (*args, **kwargs)."""
    assert list(inspect.signature(Inheriting).parameters) == ["size", "bias", "progress"]
    assert list(inspect.signature(Wide).parameters) == ["factor"]
    assert list(inspect.signature(Popularity).parameters) == ["num_users"]
    assert str(vars(Popularity)["__signature__"]) == "(num_users: 'int')"
