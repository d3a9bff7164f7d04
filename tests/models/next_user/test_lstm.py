from __future__ import annotations

from typing import Any

import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models import LSTM, RNN
from graphcascade.nn import FixedFeatures, UserEmbedding
from tests.models.contract import assert_contract, assert_overfits
from tests.models.small_data import random_dataset, whole_batch

USERS = 12


@pytest.fixture
def dataset() -> CascadeDataset:
    return random_dataset([3, 1, 6, 2, 5, 1], USERS)


def test_states_match_the_equations(dataset: CascadeDataset) -> None:
    """DSSF, Eq. 9, in plain loops; torch stacks the gates as i, f, candidate, o and has two biases per gate."""
    torch.manual_seed(0)
    model = LSTM(USERS, dim=3, hidden=2).double()
    layer = model.recurrence
    weight = torch.cat([layer.weight_hh_l0, layer.weight_ih_l0], dim=1).detach()  # of [h, x]
    bias = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()
    parts = [slice(2 * k, 2 * k + 2) for k in range(4)]
    rows = []
    for cascade in dataset:
        h = c = torch.zeros(2, dtype=torch.float64)
        for user in cascade.user.tolist():
            inputs = torch.cat([h, model.embedding.weight[user].detach()])
            i, f, candidate, o = (weight[part] @ inputs + bias[part] for part in parts)
            i, f, o = i.sigmoid(), f.sigmoid(), o.sigmoid()
            c = f * c + i * candidate.tanh()
            h = o * c.tanh()
            rows.append(h)
    torch.testing.assert_close(model.encode(whole_batch(dataset)).user, torch.stack(rows))


@pytest.mark.parametrize("terminate", [True, False])
def test_the_model_keeps_the_contract(dataset: CascadeDataset, terminate: bool) -> None:
    torch.manual_seed(0)
    assert_contract(LSTM(USERS, dim=4, hidden=5, dropout=0.4, terminate=terminate), dataset)


def test_the_model_overfits_a_small_set(dataset: CascadeDataset) -> None:
    torch.manual_seed(0)
    assert_overfits(LSTM(USERS, dim=16, hidden=16), dataset)


def test_the_model_accepts_another_embedding(dataset: CascadeDataset) -> None:
    torch.manual_seed(0)
    embedding = FixedFeatures(torch.randn(USERS, 2), 4)
    model = LSTM(USERS, dim=4, hidden=5, embedding=embedding)
    assert model.embedding is embedding
    assert_contract(model, dataset)


@pytest.mark.parametrize("model_class", [LSTM, RNN])
def test_dropout_is_on_in_training_only(dataset: CascadeDataset, model_class: Any) -> None:
    torch.manual_seed(0)
    model = model_class(USERS, dropout=0.5)
    batch = whole_batch(dataset)
    assert not torch.equal(model.encode(batch).user, model.encode(batch).user)
    assert int((model.encode(batch).user == 0).sum()) > 0
    model.eval()
    assert torch.equal(model.encode(batch).user, model.encode(batch).user)


def test_config_makes_the_same_model() -> None:
    model = LSTM(USERS, 4, 5, 0.1, True, False)
    assert model.config == {
        "num_users": USERS,
        "dim": 4,
        "hidden": 5,
        "dropout": 0.1,
        "terminate": True,
        "mask_infected": False,
        "std": 0.1,
        "embedding": None,
    }
    assert str(LSTM(**model.config)) == str(model)


def test_str_shows_the_layers() -> None:
    assert str(LSTM(10, 4, 5, 0.5)) == (
        "LSTM(\n"
        "  (embedding): UserEmbedding(10, 4)\n"
        "  (readout): UserSoftmax(5, num_users=10, terminate=False)\n"
        "  (recurrence): LSTM(4, 5)\n"
        "  (dropout): Dropout(p=0.5, inplace=False)\n"
        ")"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_users": 0}, "num_users=0: a model needs at least one user"),
        ({"num_users": 5, "dim": 0}, "dim=0: must be at least 1"),
        ({"num_users": 5, "hidden": -1}, "hidden=-1: must be at least 1"),
        ({"num_users": 5, "dropout": 1.0}, "dropout=1.0: must be 0 or more, and below 1"),
        (
            {"num_users": 5, "embedding": UserEmbedding(5, 3)},
            "vectors of size 3, must have those of the model, 5 and dim=64",
        ),
        ({"num_users": 5, "embedding": UserEmbedding(6, 64)}, "embedding: has 6 users"),
    ],
)
@pytest.mark.parametrize("model", [LSTM, RNN])
def test_bad_arguments_raise_an_error(model: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        model(**arguments)
