from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.models import CYANRNN, LSTM, NDM, RMTPP, RNN, DeepDiffuse, HiDAN, load_model, make_model, save_model
from graphcascade.nn import SourceFusion, source_fusion
from tests.models.contract import assert_contract
from tests.models.small_data import random_dataset, whole_batch

USERS, DIM = 12, 4
SOURCES = [1, 4, 7]
FORMS: list[dict[str, Any]] = [
    {"fusion": "sum"},
    {"fusion": "sum", "vectors": "user"},
    {"fusion": "concatenation"},
    *({"fusion": "attention", "gate": gate} for gate in ("softmax", "sigmoid", "literal")),
    {"fusion": "attention", "vectors": "user"},
]


def make_fusion(**form: Any) -> SourceFusion:
    torch.manual_seed(0)
    embedding = SourceFusion(USERS, DIM, std=0.7, **form).double().eval()
    embedding.set_seen(torch.arange(USERS) != 3)
    embedding.set_sources(torch.isin(torch.arange(USERS), torch.tensor(SOURCES)))
    return embedding


def reference_vector(fusion: SourceFusion, user: int, source: int) -> Tensor:
    """One vector by DSSF, Eq. 1-3."""
    table = fusion.weight if fusion.source_weight is None else fusion.source_weight
    u = fusion.weight[user] if user < USERS and user != 3 else torch.zeros(DIM, dtype=torch.float64)
    if source not in SOURCES:
        return u
    s = table[source]
    if fusion.fusion == "sum":
        return u + s
    if fusion.fusion == "concatenation":
        return torch.cat([u, s]) @ fusion.mix
    score = {k: float(u @ fusion.bilinear @ table[k]) for k in SOURCES}
    if fusion.gate == "sigmoid":
        share = 1 / (1 + math.exp(-score[source]))
    elif fusion.gate == "softmax":
        share = math.exp(score[source]) / sum(map(math.exp, score.values()))
    else:
        share = score[source] / sum(score.values()) if user != 3 and user < USERS else 0.0
    return (1 - share) * u + share * s


@pytest.mark.parametrize("form", FORMS)
@torch.no_grad()
def test_vectors_match_the_equations_of_the_paper(form: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    fusion = make_fusion(**form)
    user, source = (grid.flatten() for grid in torch.meshgrid(torch.arange(14), torch.arange(14), indexing="ij"))
    expected = torch.stack(
        [reference_vector(fusion, u, s) for u, s in zip(user.tolist(), source.tolist(), strict=True)]
    )
    torch.testing.assert_close(fusion(user, source), expected)
    monkeypatch.setattr(source_fusion, "MAX_SCORES", 7)  # few users at a time
    torch.testing.assert_close(fusion(user, source), expected)
    unknown = ~torch.isin(source, torch.tensor(SOURCES))
    assert fusion(user, source)[unknown].equal(fusion(user)[unknown])  # exactly the plain vector


@pytest.mark.parametrize("form", FORMS)
def test_gradients_match_finite_differences_and_those_of_chunks(
    form: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fusion = make_fusion(**form)
    user, source = torch.tensor([0, 2, 2, 5, 7, 9]), torch.tensor([1, 4, 1, 7, 7, 4])
    parameters = list(fusion.parameters())

    def vectors(*_: Tensor) -> Tensor:
        return fusion(user, source)

    assert torch.autograd.gradcheck(vectors, parameters)
    full = torch.autograd.grad(fusion(user, source).square().sum(), parameters)
    monkeypatch.setattr(source_fusion, "MAX_SCORES", 7)
    parts = torch.autograd.grad(fusion(user, source).square().sum(), parameters)
    for at_once, in_chunks in zip(full, parts, strict=True):
        torch.testing.assert_close(at_once, in_chunks)
    if fusion.source_weight is not None:
        rows = full[[name for name, _ in fusion.named_parameters()].index("source_weight")].abs().sum(1)
        assert bool((rows[SOURCES] > 0).all())
        assert float(rows.sum()) == pytest.approx(float(rows[SOURCES].sum()))


@torch.no_grad()
def test_attention_returns_the_shares_of_the_sources() -> None:
    fusion = make_fusion(fusion="attention")
    user, source = torch.tensor([0, 5, 5, 9]), torch.tensor([1, 4, 3, 7])
    share = fusion.attention(user, source)
    assert float(share[2]) == 0
    expected = (1 - share[:, None]) * fusion(user) + share[:, None] * fusion.source_weight[source]
    torch.testing.assert_close(expected, fusion(user, source))
    full = sum(fusion.attention(torch.tensor([5]), torch.tensor([k])) for k in SOURCES)
    assert float(full) == pytest.approx(1)
    with pytest.raises(UsageError, match=r"fusion='sum'\): has no attention"):
        make_fusion(fusion="sum").attention(user, source)


def test_dropout_hides_the_source_of_whole_cascades() -> None:
    fusion = make_fusion(fusion="sum", dropout=0.5)
    source = torch.tensor(SOURCES * 400)
    assert fusion.drop_sources(source).equal(source)  # dropout is off in evaluation mode
    fusion.train()
    torch.manual_seed(1)
    dropped = fusion.drop_sources(source)
    assert 0.45 < float((dropped == USERS).double().mean()) < 0.55
    assert dropped[dropped != USERS].equal(source[dropped != USERS])
    dataset = random_dataset([3, 1, 6, 2, 5, 1] * 20, USERS)
    model = LSTM(USERS, dim=DIM, embedding=SourceFusion(USERS, DIM, dropout=0.5)).train()
    batch = whole_batch(dataset)
    seen = model.sources(batch)
    for first, last in zip(batch.ptr[:-1].tolist(), batch.ptr[1:].tolist(), strict=True):
        assert len(set(seen[first:last].tolist())) == 1
        assert int(seen[first]) in (int(batch.user[first]), USERS)
    assert 30 < int((seen[batch.ptr[:-1]] == USERS).sum()) < 90


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [LSTM, RNN, NDM, CYANRNN, RMTPP, DeepDiffuse, HiDAN])
def test_all_neural_models_accept_a_source_fusion(form: dict[str, Any], kind: Any) -> None:
    dataset: CascadeDataset = random_dataset([3, 1, 6, 2, 5, 1], USERS)
    torch.manual_seed(0)
    heads = {"heads": 2} if kind is NDM else {}
    model = kind(USERS, dim=DIM, embedding=SourceFusion(USERS, DIM, std=1.0, **form), **heads)
    model.prepare(dataset)
    assert_contract(model, dataset)
    batch = whole_batch(dataset)
    with torch.no_grad():
        fused = model.encode(batch).user
        model.embedding.set_sources(torch.zeros(USERS, dtype=torch.bool))
        assert not torch.allclose(model.encode(batch).user, fused)


def test_gradients_are_finite_before_sources_are_set() -> None:
    fusion = SourceFusion(USERS, DIM, "attention")
    fusion(torch.tensor([0, 1]), torch.tensor([2, 2])).sum().backward()
    assert all(weight.grad is None or bool(weight.grad.isfinite().all()) for weight in fusion.parameters())
    assert fusion.weight.grad is not None
    assert fusion.weight.grad[:2].eq(1).all()  # without sources, the vectors are those of the users


def test_models_with_fusion_are_made_by_name_saved_and_loaded(tmp_path: Any) -> None:
    dataset = random_dataset([3, 1, 6, 2, 5, 1], USERS)
    for kind in ("LSTM", "NDM", "CYANRNN", "RMTPP"):
        arguments = {"dim": 8, "std": 0.5} if kind != "RMTPP" else {"dim": 8}
        model = make_model(kind, USERS, arguments, {"fusion": "attention", "gate": "sigmoid", "dropout": 0.1})
        assert isinstance(model, (LSTM, NDM, CYANRNN, RMTPP))
        model.prepare(dataset)
        model.user_ids = dataset.user_ids
        loaded = load_model(save_model(model.eval(), tmp_path / kind))
        assert isinstance(loaded, type(model))
        assert loaded.embedding.config == model.embedding.config
        assert loaded.embedding.config["fusion"] == "attention"
        assert loaded.embedding.config["std"] == arguments.get("std", loaded.embedding.std)
        batch = whole_batch(dataset)
        assert loaded.encode(batch).user.equal(model.encode(batch).user)
    with pytest.raises(UsageError, match="Markov has no vectors of users"):
        make_model("Markov", USERS, {}, {"fusion": "sum"})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fusion": "product"}, r"fusion='product'\): must be one of 'sum'"),
        ({"vectors": "both"}, "vectors='both'"),
        ({"gate": "hard"}, "gate='hard'"),
        ({"dropout": 1.0}, r"dropout=1.0\): must be"),
    ],
)
def test_bad_arguments_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        SourceFusion(USERS, DIM, **arguments)
