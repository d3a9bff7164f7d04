from __future__ import annotations

import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.evaluation import NextUserProtocol, evaluate
from graphcascade.models import LSTM, EmbeddedIC, HawkesProcess, Infopath, Markov, Netrate, PoissonProcess, Popularity
from graphcascade.models.fittable_model import FittableModel
from graphcascade.models.model import Model
from graphcascade.trainers import NextUserTrainer
from tests.models.small_data import dataset_of, random_dataset

USERS = 7
DATA = random_dataset([4, 5, 2, 3, 4], USERS, seed=3, time_unit="h")
FITTABLE = [
    Markov(USERS),
    Popularity(USERS),
    Netrate(max_iterations=2),
    Infopath(windows=1, steps=1),
    EmbeddedIC(dim=2, iterations=2),
    PoissonProcess(),
    HawkesProcess(),
]


def assert_remembers(model: Model, train: CascadeDataset) -> None:
    assert model.user_ids is not None
    assert model.training_fingerprints is not None
    assert model.user_ids.tolist() == train.user_ids.tolist()
    assert model.time_unit == "h"
    assert model.split == train.split
    assert model.training_fingerprints.tolist() == sorted(train.fingerprints.tolist())
    assert model.seen.tolist() == train.seen.tolist()
    assert model.num_users == USERS


@pytest.mark.parametrize("model", FITTABLE, ids=lambda model: type(model).__name__)
def test_fit_returns_the_model_which_remembers_its_training(model: FittableModel) -> None:
    train, _, test = DATA.splits("random", fractions=(0.6, 0.2, 0.2))
    with pytest.raises(UsageError, match=rf"^{type(model).__name__} was not trained yet: call fit\(train\) first\.$"):
        model.require_trained()
    with pytest.raises(UsageError, match="this is the test part of a split"):
        model.fit(test)
    with pytest.raises(UsageError, match="train: must be a CascadeDataset, not list, which knows"):
        model.fit([0, 1])  # type: ignore[arg-type]
    assert model.fit(train) is model
    model.require_trained()
    assert_remembers(model, train)
    model.fit(DATA)  # the earlier training is forgotten
    assert_remembers(model, DATA)


def test_a_failed_training_is_not_remembered() -> None:
    model = PoissonProcess()
    with pytest.raises(UsageError, match="no cascade of two events"):
        model.fit(dataset_of([[0], [1]], 2))
    assert model.user_ids is None
    assert model.training_fingerprints is None


def test_a_trainer_makes_a_model_remember_all_its_trainings() -> None:
    train, val, _ = DATA.splits("random", fractions=(0.6, 0.2, 0.2))
    trainer = NextUserTrainer(max_epochs=1, progress=False)
    model = trainer.fit(LSTM(USERS, dim=2, hidden=2), train)
    assert_remembers(model, train)
    model.require_trained()
    trainer.fit(model, val)
    assert model.split == val.split
    assert model.seen.equal(val.seen)
    known = torch.cat([train.fingerprints, val.fingerprints]).sort().values
    assert model.training_fingerprints is not None
    assert model.training_fingerprints.equal(known)


def test_a_model_that_was_not_trained_predicts_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    model = LSTM(USERS, dim=4)
    evaluate(model, DATA, NextUserProtocol("mine", ks=(1,)))
    assert caplog.messages == ["LSTM was not trained, so it predicts from its first, random weights."]
    caplog.clear()
    trained = NextUserTrainer(max_epochs=1, progress=False).fit(model, DATA)
    evaluate(trained, DATA, NextUserProtocol("mine", ks=(1,)), allow_overlap=True)
    assert not caplog.messages
