from __future__ import annotations

import copy
import math
from typing import Any

import pytest
import torch

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models import CYANRNN
from graphcascade.nn import FixedFeatures
from tests.models.contract import assert_contract, assert_overfits
from tests.models.small_data import dataset_of, random_dataset, whole_batch

USERS = 12
SMALL: dict[str, Any] = {"dim": 3, "hidden": 5, "state": 4}
FORMS: list[dict[str, Any]] = [
    {},
    {"coverage": 2},
    {"coverage": 2, "length": 2},
    {"keys": "input", "readout": "context", "mask_infected": True},
    {"coverage": 2, "keys": "input", "activation": "sigmoid", "terminate": True},
    {"time": False},
]


@pytest.fixture
def dataset() -> CascadeDataset:
    return random_dataset([3, 1, 6, 2, 5, 1], USERS)


def make_model(**form: Any) -> CYANRNN:
    torch.manual_seed(0)
    return CYANRNN(USERS, **SMALL | form)


@pytest.mark.parametrize("form", FORMS)
def test_the_model_keeps_the_contract(dataset: CascadeDataset, form: dict[str, Any]) -> None:
    assert_contract(make_model(dropout=0.3, **form), dataset)


@pytest.mark.parametrize("form", FORMS)
@torch.no_grad()
def test_the_model_matches_the_equations_of_the_paper(dataset: CascadeDataset, form: dict[str, Any]) -> None:
    """Inputs, GRU, readout and the time head's input; the decoder between them has its own test."""
    model = make_model(**form).double().eval()
    result = model.encode(whole_batch(dataset), alignment=True)
    gru, decoder = model.encoder, model.decoder
    users, times, begin = [], [], 0
    for cascade in dataset:
        h = torch.zeros(5, dtype=torch.float64)
        state, cover = torch.zeros(1, 4).double(), torch.zeros(1, 0, decoder.width).double()
        keep: list[torch.Tensor] = []
        for k, user in enumerate(cascade.user.tolist()):
            gap = 0.0 if k == 0 else math.log(float(cascade.time[k] - cascade.time[k - 1]) + 1e-3)
            x = torch.cat([model.embedding.weight[user], torch.tensor([gap], dtype=torch.float64)])
            wi, wh = gru.weight_ih_l0.chunk(3), gru.weight_hh_l0.chunk(3)
            bi, bh = gru.bias_ih_l0.chunk(3), gru.bias_hh_l0.chunk(3)
            r, z = (torch.sigmoid(wi[g] @ x + bi[g] + wh[g] @ h + bh[g]) for g in (0, 1))
            n = torch.tanh(wi[2] @ x + bi[2] + r * (wh[2] @ h + bh[2]))
            h = (1 - z) * n + z * h
            keep = [*keep, x if model.keys_from_input else h][-decoder.length :]
            values = torch.stack(keep)[None]
            keys = decoder.project_values(values)
            state, context, share, cover = decoder.step(keys, values, decoder.project_inputs(x[None]), state, cover)
            parts = [context[0]] if model.context_only else [x, state[0], context[0]]
            users.append(torch.tanh(model.mix.weight @ torch.cat(parts) + model.mix.bias))
            times.append(torch.cat([state[0], h, x]))
            edges = result.alignment.edge_index[1] == begin + k
            assert result.alignment.edge_weight[edges].tolist() == pytest.approx(share[0].tolist())
            expected = range(begin + k + 1 - len(keep), begin + k + 1)
            assert result.alignment.edge_index[0, edges].tolist() == list(expected)
        begin += cascade.user.numel()
    torch.testing.assert_close(result.user, torch.stack(users))
    if model.time_head is None:
        assert result.time is None
    else:
        torch.testing.assert_close(result.time, torch.stack(times))


@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("terminate", [True, False])
@torch.no_grad()
def test_posterior_is_prior_times_likelihood(dataset: CascadeDataset, mask: bool, terminate: bool) -> None:
    model = (
        make_model(keys="input", readout="context", mask_infected=mask, terminate=terminate, coverage=2).double().eval()
    )
    batch = whole_batch(dataset)
    prior, posterior = model.align(batch), model.align(batch, "posterior")
    weight = {(int(i), int(k)): float(w) for (i, k), w in zip(prior.edge_index.T, prior.edge_weight, strict=True)}
    result = {
        (int(i), int(k)): float(w) for (i, k), w in zip(posterior.edge_index.T, posterior.edge_weight, strict=True)
    }
    x = torch.cat([model.embedding.weight[batch.user], model.features(batch.time, batch.ptr).double()], 1)
    expected = {}
    for cascade in range(len(dataset)):
        first, last = int(batch.ptr[cascade]), int(batch.ptr[cascade + 1])
        for k in range(first, last - 1):
            for i in range(first, k + 1):
                score = model.readout.weight @ torch.tanh(model.mix(x[i])) + model.readout.bias
                if mask:
                    score[batch.user[first : k + 1]] = -math.inf
                chance = score.softmax(0)[batch.user[k + 1]]
                expected[i, k] = weight[i, k] * float(chance)
    assert result == pytest.approx(expected)


@torch.no_grad()
def test_posterior_and_likelihood_if_infected_users_have_almost_all_probability() -> None:
    model = make_model(keys="input", readout="context", mask_infected=True).eval()
    assert model.readout.bias is not None
    model.readout.bias[0] += 18.0  # the others share 1e-8
    batch = whole_batch(dataset_of([[0, 1, 2, 3, 4], [0, 3, 2]], USERS))
    prior, likelihood, posterior = (model.align(batch, name) for name in ("alignment", "likelihood", "posterior"))
    share = {tuple(edge): float(w) for edge, w in zip(prior.edge_index.T.tolist(), prior.edge_weight, strict=True)}
    exact = copy.deepcopy(model).double()
    x = torch.cat([model.embedding.weight[batch.user], model.features(batch.time, batch.ptr).float()], 1).double()
    tiny = 0
    for edge, single, product in zip(
        likelihood.edge_index.T.tolist(), likelihood.edge_weight.tolist(), posterior.edge_weight.tolist(), strict=True
    ):
        i, k = edge
        first = int(batch.ptr[batch.batch[i]])
        score = exact.readout.weight @ torch.tanh(exact.mix(x[i])) + exact.readout.bias
        infected = batch.user[first : k + 1]
        tiny += int(1 - float(score.softmax(0)[infected].sum()) < 1e-6)
        score[infected] = -math.inf
        expected = float(score.softmax(0)[batch.user[k + 1]])
        assert single == pytest.approx(expected, rel=1e-4)
        assert product == pytest.approx(expected * share[i, k], rel=1e-4)
    assert tiny > 0


@torch.no_grad()
def test_the_likelihood_of_an_unknown_next_user_is_one() -> None:
    model = make_model(keys="input", readout="context", mask_infected=True).double().eval()
    batch = whole_batch(dataset_of([[0, USERS, 2, USERS + 1]], USERS + 2))
    for attribution in ("likelihood", "posterior"):
        graph, prior = model.align(batch, attribution), model.align(batch)
        share = {tuple(edge): float(w) for edge, w in zip(prior.edge_index.T.tolist(), prior.edge_weight, strict=True)}
        for (i, k), weight in zip(graph.edge_index.T.tolist(), graph.edge_weight.tolist(), strict=True):
            x = torch.cat([model.embedding(batch.user[[i]]), model.features(batch.time, batch.ptr)[[i]]], 1)
            score = (model.readout.weight @ torch.tanh(model.mix(x))[0]) + model.readout.bias
            score[0] = -math.inf
            if k >= 2:
                score[2] = -math.inf
            chance = 1.0 if k in (0, 2) else float(score.softmax(0)[2])  # events 1 and 3 are of unknown users
            assert weight == pytest.approx(chance * (share[i, k] if attribution == "posterior" else 1))


@pytest.mark.parametrize("keys", ["gru", "input"])
@torch.no_grad()
def test_the_time_head_may_have_the_context_as_its_input(dataset: CascadeDataset, keys: Any) -> None:
    model = make_model(keys=keys, time_context="context")
    assert_contract(model, dataset)
    batch = whole_batch(dataset)
    encoding, values = model._encode(batch, True)
    edges, share = encoding.alignment.edge_index, encoding.alignment.edge_weight
    context = torch.zeros_like(values).index_add_(0, edges[1], share.unsqueeze(1) * values[edges[0]])
    x = torch.cat([model.embedding.weight[batch.user], model.features(batch.time, batch.ptr).float()], 1)
    torch.testing.assert_close(encoding.time[:, -x.size(1) :], x)
    torch.testing.assert_close(encoding.time[:, -x.size(1) - values.size(1) : -x.size(1)], context)


def test_reset_parameters_changes_all_weights() -> None:
    model = make_model(calendar=True)
    with torch.no_grad():
        for weight in model.parameters():
            weight.fill_(7.0)
    model.reset_parameters()
    assert not any(bool((weight == 7).any()) for weight in model.parameters())


def test_posterior_needs_the_context_readout(dataset: CascadeDataset) -> None:
    with pytest.raises(UsageError, match="readout='context'"):
        make_model().align(whole_batch(dataset), "posterior")
    assert make_model().align(whole_batch(dataset)).num_nodes == 18


def test_the_model_overfits_a_small_set(dataset: CascadeDataset) -> None:
    torch.manual_seed(0)
    assert_overfits(CYANRNN(USERS, dim=16, hidden=16, state=16, coverage=3, time=False), dataset)


def test_the_model_accepts_another_embedding(dataset: CascadeDataset) -> None:
    model = make_model(embedding=FixedFeatures(torch.randn(USERS, 2), 3))
    assert_contract(model, dataset)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"dim": 0}, "dim=0"),
        ({"length": 0}, "length=0"),
        ({"coverage": -1}, "coverage=-1"),
        ({"dropout": 1.0}, "dropout=1.0"),
        ({"keys": "x"}, "'gru', 'input'"),
        ({"time_context": "x"}, "'state', 'context'"),
        ({"readout": "x"}, "'full', 'context'"),
        ({"activation": "relu"}, "'tanh', 'sigmoid'"),
        ({"horizon": -1.0}, "horizon=-1.0"),
        ({"embedding": FixedFeatures(torch.randn(USERS, 2), 4)}, "vectors of size 4"),
    ],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_model(**arguments)


def test_str_shows_the_decoder() -> None:
    assert "(decoder): AlignmentDecoder(" in str(make_model(coverage=2))
