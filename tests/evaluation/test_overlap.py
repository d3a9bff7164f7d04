"""No model is tested on cascades that it was trained on, unless this is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation import (
    NextUserProtocol,
    Result,
    RolloutProtocol,
    evaluate,
    evaluate_cascades,
    evaluate_times,
)
from graphcascade.io import from_pandas, to_pandas
from graphcascade.models import (
    LSTM,
    Markov,
    Netrate,
    PoissonProcess,
    Popularity,
    SourceCooccurrence,
    load_model,
    save_model,
)
from graphcascade.trainers import NextUserTrainer
from tests.models.small_data import dataset_of, random_dataset

USERS = 8
DATA = random_dataset([4, 3, 5, 2, 6, 4, 3, 5, 4, 3], USERS)
PROTOCOL = NextUserProtocol("small", ks=(1,))


def trainer() -> NextUserTrainer:
    return NextUserTrainer(max_epochs=1, batch_size=4, protocol=PROTOCOL, progress=False)


def learned(train: CascadeDataset) -> Any:
    return trainer().fit(LSTM(USERS, dim=2, hidden=2), train)


def counted(train: CascadeDataset) -> Any:
    return Markov(USERS).fit(train)


def inferred(train: CascadeDataset) -> Any:
    model = Netrate()
    model.fit(train)
    return model


def processed(train: CascadeDataset) -> Any:
    return PoissonProcess().fit(train)


def ranked(model: Any, data: CascadeDataset, **options: bool) -> Result:
    return evaluate(model, data, PROTOCOL, **options)


def by_trainer(model: Any, data: CascadeDataset, **options: bool) -> Result:
    return trainer().test(model, data, **options)


def simulated(model: Any, data: CascadeDataset, **options: bool) -> Result:
    return evaluate_cascades(model, data, RolloutProtocol(simulations=2), **options)


Fit, Test = Callable[[CascadeDataset], Any], Callable[..., Result]
ALL = pytest.mark.parametrize(
    ("fit", "test"),
    [
        (learned, ranked),
        (learned, by_trainer),
        (learned, simulated),
        (counted, ranked),
        (counted, simulated),
        (inferred, simulated),
        (processed, evaluate_times),
    ],
)


@ALL
def test_testing_training_cascades_is_an_error_for_every_slice(fit: Fit, test: Test) -> None:
    train, _, held_out = DATA.splits("random", (0.6, 0.2, 0.2))
    whole, slice_, part = fit(DATA), fit(DATA[2:]), fit(train)
    with pytest.raises(UsageError, match=r"cascades: 2 of 2 test cascades were in training; test on other cascades"):
        test(whole, held_out)
    with pytest.raises(UsageError, match="1 of 3 test cascades were in training"):
        test(slice_, DATA[:3])
    with pytest.raises(UsageError, match="6 of 10 test cascades were in training"):
        test(part, DATA)
    with pytest.raises(UsageError, match="6 of 6 test cascades were in training"):
        test(part, train)
    for model, data in ((part, held_out), (part, held_out[:1]), (slice_, DATA[:2])):
        assert "cascades seen in training" not in test(model, data).counts


@ALL
def test_training_cascades_can_be_tested_on_request(fit: Fit, test: Test) -> None:
    result = test(fit(DATA[2:]), DATA[:5], allow_overlap=True)
    assert result.counts["cascades seen in training"] == 3
    assert "3 cascades seen in training" in str(result)


@ALL
def test_training_cascades_are_recognised_in_another_file(fit: Fit, test: Test) -> None:
    again = from_pandas(to_pandas(DATA[[7, 3]]))
    with pytest.raises(UsageError, match="1 of 2 test cascades were in training"):
        test(fit(DATA[:5]), again)


def test_the_error_names_the_part_of_another_split() -> None:
    model = counted(DATA.splits("random")[0])
    other = DATA.splits("random", seed=1)[2]
    with pytest.raises(UsageError, match=r"1 of 1 .* \(this test part is of another split, random with seed 1, than"):
        ranked(model, other)


def test_training_cascades_of_the_counting_baseline_raise_an_error() -> None:
    model, counter = learned(DATA[:5]), SourceCooccurrence(USERS).fit(DATA)
    protocol = RolloutProtocol(simulations=2, counter_weight=0.5)
    with pytest.raises(UsageError, match="5 of 5 test cascades were in training"):
        evaluate_cascades(model, DATA[5:], protocol, counter=counter)
    result = evaluate_cascades(model, DATA[5:], protocol, counter=counter, allow_overlap=True)
    assert result.counts["cascades seen in training"] == 5


def test_equal_cascades_in_both_parts_of_a_published_split_are_allowed() -> None:
    users, times = [[0, 1], [2, 3], [0, 1], [4, 5], [0, 1]], [[5, 6], [7, 8], [5, 6], [9, 10], [5, 6]]
    parts = torch.tensor([0, 0, 2, 2, 2], dtype=torch.int8)
    data = dataset_of(users, USERS, times, part=parts)
    train, _, test = data.splits(fractions=(0.9, 0, 0.1))
    model = counted(train)
    for honest in (test, test[1:], test.copy([0]), NextUserProtocol("short", ks=(1,), max_length=2).limit(test)):
        assert "cascades seen in training" not in ranked(model, honest).counts
    with pytest.raises(UsageError, match="3 of 3 test cascades were in training"):
        ranked(counted(data), test)


def test_validation_may_be_tested_and_a_final_training_may_have_it() -> None:
    train, val, test = DATA.splits("random", (0.6, 0.2, 0.2))
    model = trainer().fit(LSTM(USERS, dim=2, hidden=2), train, val)
    assert ranked(model, val)["MRR"] > 0
    final = learned(train + val)
    assert ranked(final, test)["MRR"] > 0
    with pytest.raises(UsageError, match="2 of 2 test cascades were in training"):
        ranked(final, val)


def test_a_model_that_is_trained_again_remembers_the_first_training() -> None:
    model = trainer().fit(learned(DATA[:3]), DATA[3:6])
    with pytest.raises(UsageError, match="2 of 3 test cascades were in training"):
        ranked(model, DATA[[1, 5, 9]])
    counter = Popularity(USERS).fit(DATA[:3]).fit(DATA[3:6])  # counts anew
    assert ranked(counter, DATA[:3])["MRR"] > 0


@pytest.mark.parametrize("fit", [learned, counted, inferred])
def test_a_saved_model_remembers_its_training(tmp_path: Path, fit: Fit) -> None:
    test = simulated if fit is inferred else ranked
    loaded = load_model(save_model(fit(DATA[:6]), tmp_path / "model"))
    with pytest.raises(UsageError, match="2 of 5 test cascades were in training"):
        test(loaded, DATA[4:9])
    assert test(loaded, DATA[6:]).counts["cascades"] == 4


def test_saved_fingerprints_of_another_kind_raise_an_error(tmp_path: Path) -> None:
    model = counted(DATA)
    model.training_fingerprints = torch.zeros(3)
    with pytest.raises(DataError, match=r"'training cascades' is torch\.float32"):
        load_model(save_model(model, tmp_path / "model"))


def test_models_of_older_files_are_checked_by_their_split() -> None:
    data = dataset_of([[0, 1, 2], [3, 1], [2, 0], [1, 4], [4, 2]] * 8, USERS)
    train, _, test = data.splits("random")
    other = data.splits("random", seed=1)[2]
    model = counted(train)
    model.training_fingerprints = None
    assert ranked(model, test)["MRR"] > 0
    with pytest.raises(UsageError, match="of another split"):
        ranked(model, other)


def test_cut_cascades_are_recognised() -> None:
    short = replace(PROTOCOL, max_length=3)
    model = counted(short.limit(DATA)[:5])
    with pytest.raises(UsageError, match="1 of 6 test cascades were in training"):
        ranked(model, DATA[4:])
