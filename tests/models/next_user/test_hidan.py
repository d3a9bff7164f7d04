from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import elu

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models import HiDAN
from graphcascade.transforms import CausalEdges
from tests.models.contract import assert_contract, assert_overfits
from tests.models.small_data import random_dataset, whole_batch

USERS = 12
FORMS: list[dict[str, Any]] = [
    {},
    {"window": None},
    {"window": 1},
    {"window": 3},
    {"window": 3, "last": True},
    {"intervals": 4},
    {"intervals": 4, "window": 3},
    {"window": 3, "reencode": True},
    {"window": 3, "reencode": True, "intervals": 4},
]


@pytest.fixture
def dataset() -> CascadeDataset:
    return random_dataset([3, 1, 7, 2, 5, 1], USERS)


def make_model(**form: Any) -> HiDAN:
    torch.manual_seed(0)
    model = HiDAN(USERS, dim=5, hidden=4, std=1.0, **form).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += torch.randn_like(parameter) / 3
    model.longest.fill_(3.0)
    return model


def reference(model: HiDAN, users: list[int], times: list[float]) -> Tensor:
    """The rows of cascade cascade, with plain loops."""
    vectors = model.embedding.weight
    rows = []
    for k in range(len(users)):
        begin = 0 if model.window is None else max(0, k + 1 - model.window)
        h = [elu(model.input.weight @ vectors[user] + model.input.bias) for user in users]
        u = {}
        for i in range(begin, k + 1):
            reach = 0 if model.window is None else max(0, i + 1 - model.window)
            earlier = range(max(reach, begin) if model.reencode else reach, i)
            score = [(model.query.weight @ h[i]) @ (model.key.weight @ h[j]) for j in earlier]
            share = torch.stack(score).softmax(0) if score else []
            d = sum((a * h[j] for a, j in zip(share, earlier, strict=True)), torch.zeros(4, dtype=torch.float64))
            g = (model.gate.weight @ torch.cat([h[i], d]) + model.gate.bias).sigmoid()
            u[i] = g * h[i] + (1 - g) * d
        scores = []
        for i in u:
            inner = elu(model.pool.weight @ u[i] + model.pool.bias)
            if model.decay is not None:
                share_of_time = (times[k] - times[i]) / 3.0
                interval = min(int(share_of_time * len(model.decay)), len(model.decay) - 1)
                inner = inner * elu(model.decay[interval])
            scores.append(model.score @ inner)
        share = torch.stack(scores).softmax(0)
        c = sum((a * u[i] for a, i in zip(share, u, strict=True)), torch.zeros(4, dtype=torch.float64))
        rows.append(c + u[k] if model.last else c)
    return torch.stack(rows)


@pytest.mark.parametrize("form", FORMS)
@torch.no_grad()
def test_the_model_matches_the_equations_of_the_paper(dataset: CascadeDataset, form: dict[str, Any]) -> None:
    model = make_model(**form)
    expected = [reference(model, cascade.user.tolist(), cascade.time.tolist()) for cascade in dataset]
    torch.testing.assert_close(model.encode(whole_batch(dataset)).user, torch.cat(expected))


@pytest.mark.parametrize("form", FORMS)
def test_the_model_keeps_the_contract(dataset: CascadeDataset, form: dict[str, Any]) -> None:
    assert_contract(make_model(**form), dataset)


@pytest.mark.parametrize("form", [{}, {"intervals": 3}])
@torch.no_grad()
def test_explicit_causal_edges_give_the_same_encoding(dataset: CascadeDataset, form: dict[str, Any]) -> None:
    model = make_model(window=3, **form)
    edged = whole_batch(CascadeDataset(dataset.table, CausalEdges(3)))
    assert "edge_index" in edged
    with_edges, without = model.encode(edged, True), model.encode(whole_batch(dataset), True)
    torch.testing.assert_close(with_edges.user, without.user)
    assert with_edges.alignment.edge_index.equal(without.alignment.edge_index)
    torch.testing.assert_close(with_edges.alignment.edge_weight, without.alignment.edge_weight)
    with pytest.raises(UsageError, match="must not have edges"):
        make_model(window=3, reencode=True).encode(edged)


@torch.no_grad()
def test_reencoding_changes_nothing_if_the_window_covers_all_events(dataset: CascadeDataset) -> None:
    batch = whole_batch(dataset)
    torch.testing.assert_close(
        make_model(window=7, reencode=True).encode(batch).user, make_model(window=None).encode(batch).user
    )
    different = make_model(window=3, reencode=True).encode(batch).user - make_model(window=3).encode(batch).user
    assert float(different.abs().max()) > 1e-3


def test_the_model_overfits_and_prepare_sets_the_longest_duration(dataset: CascadeDataset) -> None:
    torch.manual_seed(0)
    model = HiDAN(USERS, dim=16, hidden=16, dropout=0.0, last=True)
    assert_overfits(model, dataset)
    model.prepare(dataset)
    assert float(model.longest) == pytest.approx(max(float(cascade.time[-1] - cascade.time[0]) for cascade in dataset))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dim": 0}, "dim=0"),
        ({"window": 0}, "window=0"),
        ({"intervals": -1}, "intervals=-1"),
        ({"dropout": 1.0}, "dropout=1.0"),
        ({"window": None, "reencode": True}, "give a window"),
    ],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        HiDAN(USERS, **arguments)
