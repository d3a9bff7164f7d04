from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models import DeepDiffuse
from graphcascade.transforms import CausalEdges
from tests.models.contract import assert_contract, assert_overfits
from tests.models.small_data import random_dataset, whole_batch

USERS = 12
FORMS: list[dict[str, Any]] = [{}, {"window": None}, {"window": 1}, {"window": 2, "glimpses": 1}, {"window": 3}]


@pytest.fixture
def dataset() -> CascadeDataset:
    return random_dataset([3, 1, 7, 2, 5, 1], USERS)


def make_model(**form: Any) -> DeepDiffuse:
    torch.manual_seed(0)
    model = DeepDiffuse(USERS, dim=5, hidden=4, std=1.0, **form).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += torch.randn_like(parameter) / 3
    return model


def reference(model: DeepDiffuse, users: list[int]) -> Tensor:
    """The rows of past_state cascade, with plain loops."""
    layer = model.recurrence
    h = c = torch.zeros(4, dtype=torch.float64)
    states, rows = [], []
    for user in users:
        gates = (
            layer.weight_ih_l0 @ model.embedding.weight[user] + layer.bias_ih_l0
            + layer.weight_hh_l0 @ h + layer.bias_hh_l0
        )  # fmt: skip
        i, f, candidate, o = gates.chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * candidate.tanh()
        h = o.sigmoid() * c.tanh()
        states.append(h)
        seen, window = h, states if model.window is None else states[-model.window :]
        for _ in range(model.glimpses):
            score = [(model.query.weight @ seen) @ (model.key.weight @ past_state) for past_state in window]
            share = torch.stack(score).softmax(0)
            context = sum((a * past_state for a, past_state in zip(share, window, strict=True)), torch.zeros_like(h))
            seen = torch.tanh(model.mix.weight @ torch.cat([seen, context]) + model.mix.bias)
        rows.append(seen)
    return torch.stack(rows)


@pytest.mark.parametrize("form", FORMS)
@torch.no_grad()
def test_the_model_matches_the_equations(dataset: CascadeDataset, form: dict[str, Any]) -> None:
    model = make_model(**form)
    expected = torch.cat([reference(model, cascade.user.tolist()) for cascade in dataset])
    torch.testing.assert_close(model.encode(whole_batch(dataset)).user, expected)


@pytest.mark.parametrize("form", FORMS)
def test_the_model_keeps_the_contract(dataset: CascadeDataset, form: dict[str, Any]) -> None:
    assert_contract(make_model(**form), dataset)


@torch.no_grad()
def test_explicit_causal_edges_give_the_same_encoding(dataset: CascadeDataset) -> None:
    model = make_model(window=3)
    edged = whole_batch(CascadeDataset(dataset.table, CausalEdges(3)))
    with_edges, without = model.encode(edged, True), model.encode(whole_batch(dataset), True)
    torch.testing.assert_close(with_edges.user, without.user)
    torch.testing.assert_close(with_edges.alignment.edge_weight, without.alignment.edge_weight)


def test_the_model_overfits_a_small_set(dataset: CascadeDataset) -> None:
    torch.manual_seed(0)
    assert_overfits(DeepDiffuse(USERS, dim=16, hidden=16), dataset)


@pytest.mark.parametrize("arguments", [{"dim": 0}, {"window": 0}, {"glimpses": 0}, {"dropout": 1.0}])
def test_bad_arguments_raise_an_error(arguments: dict[str, Any]) -> None:
    ((name, value),) = arguments.items()
    with pytest.raises(UsageError, match=f"{name}={value}"):
        DeepDiffuse(USERS, **arguments)
