from __future__ import annotations

import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.models import RNN
from tests.models.contract import assert_contract, assert_overfits
from tests.models.small_data import random_dataset, whole_batch

USERS = 12


@pytest.fixture
def dataset() -> CascadeDataset:
    return random_dataset([3, 1, 6, 2, 5, 1], USERS)


def test_states_match_the_equation(dataset: CascadeDataset) -> None:
    """DSSF, Eq. 8, with the bias inside of tanh; torch has two biases."""
    torch.manual_seed(0)
    model = RNN(USERS, dim=3, hidden=2).double()
    layer = model.recurrence
    weight = torch.cat([layer.weight_hh_l0, layer.weight_ih_l0], dim=1).detach()  # of [h, x]
    bias = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()
    rows = []
    for cascade in dataset:
        h = torch.zeros(2, dtype=torch.float64)
        for user in cascade.user.tolist():
            h = (weight @ torch.cat([h, model.embedding.weight[user].detach()]) + bias).tanh()
            rows.append(h)
    torch.testing.assert_close(model.encode(whole_batch(dataset)).user, torch.stack(rows))


@pytest.mark.parametrize("terminate", [True, False])
def test_the_model_keeps_the_contract(dataset: CascadeDataset, terminate: bool) -> None:
    torch.manual_seed(0)
    assert_contract(RNN(USERS, dim=4, hidden=5, dropout=0.4, terminate=terminate), dataset)


def test_the_model_overfits_a_small_set(dataset: CascadeDataset) -> None:
    torch.manual_seed(0)
    assert_overfits(RNN(USERS, dim=16, hidden=16), dataset, rate=0.02)


def test_str_shows_the_layers() -> None:
    assert str(RNN(10, 4, 5)) == (
        "RNN(\n"
        "  (embedding): UserEmbedding(10, 4)\n"
        "  (readout): UserSoftmax(5, num_users=10, terminate=False)\n"
        "  (recurrence): RNN(4, 5)\n"
        "  (dropout): Dropout(p=0.0, inplace=False)\n"
        ")"
    )
