import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import NDM
from graphcascade.models.next_user import NextEvents
from graphcascade.transforms import CausalEdges
from tests.models.contract import assert_contract
from tests.models.small_data import random_dataset, whole_batch

USERS, DIM = 9, 6
DATASET = random_dataset([3, 1, 5, 2, 7], USERS)
FORMS = [
    {},
    {"heads": None},
    {"heads": 1, "scale": True},
    {"init": True, "window": 1},
    {"window": 12, "bias": True},
    {"social_features": torch.linspace(-1, 1, 2 * USERS).view(USERS, 2)},
]


def make_model(**form) -> NDM:
    torch.manual_seed(0)
    model = NDM(USERS, **({"dim": DIM, "heads": 2, "dropout": 0.0, "std": 1.0} | form)).double().eval()
    for parameter in model.parameters():  # also weight and bias of the norm, since ones and zeros would hide mistakes
        torch.nn.init.normal_(parameter, std=0.7)
    return model


def norm(x: list[float], model: NDM) -> list[float]:
    mean = sum(x) / len(x)
    variance = sum((value - mean) ** 2 for value in x) / len(x)
    scaled = [(value - mean) / math.sqrt(variance + model.norm.eps) for value in x]
    return [s * w + b for s, w, b in zip(scaled, model.norm.weight.tolist(), model.norm.bias.tolist(), strict=True)]


def multiply(x: list[float], matrix: list[list[float]]) -> list[float]:
    return [sum(x[i] * matrix[i][j] for i in range(len(x))) for j in range(len(matrix[0]))]


def reference(model: NDM, users: list[int]) -> list[list[float]]:
    """Log-probabilities after each event, Eq. 1-7 with plain loops."""
    emb = model.embedding(torch.tensor(users)).tolist()
    scale = 1 / math.sqrt(DIM) if model.config["scale"] else 1.0
    acts = []
    for j in range(len(users)):
        mixed = [0.0] * DIM
        for head in range(model.heads or 1):
            if model.heads is None:
                q, k, v = emb[j], emb[: j + 1], emb[: j + 1]
            else:
                q = multiply(emb[j], model.query[head].tolist())
                k = [multiply(e, model.key[head].tolist()) for e in emb[: j + 1]]
                v = [multiply(e, model.value[head].tolist()) for e in emb[: j + 1]]
            score = [math.exp(scale * sum(a * b for a, b in zip(q, key, strict=True))) for key in k]
            mean = [sum(s * vector[i] for s, vector in zip(score, v, strict=True)) / sum(score) for i in range(DIM)]
            if model.heads is not None:
                mean = multiply(mean, model.output[head].tolist())
            mixed = [a + b for a, b in zip(mixed, mean, strict=True)]
        acts.append(norm([a + b for a, b in zip(emb[j], mixed, strict=True)], model))
    weight = model.readout.weight.tolist()
    rows = []
    for j in range(len(users)):
        score = [
            0.0 if model.readout.bias is None else value
            for value in ([0.0] * len(weight) if model.readout.bias is None else model.readout.bias.tolist())
        ]
        for v in range(len(weight)):
            for lag in range(model.window):
                if j - lag >= 0:
                    score[v] += sum(acts[j - lag][i] * weight[v][lag * DIM + i] for i in range(DIM))
            if model.init:
                score[v] += sum(acts[0][i] * weight[v][model.window * DIM + i] for i in range(DIM))
        free = [v for v in range(len(weight)) if v not in users[: j + 1]]
        total = math.log(sum(math.exp(score[v]) for v in free))
        rows.append([score[v] - total if v in free else -math.inf for v in range(len(weight))])
    return rows


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_the_model_matches_the_equations_of_the_paper(form):
    model = make_model(**form)
    batch = whole_batch(DATASET)
    events = NextEvents.from_batch(batch, terminate=USERS)
    result = model.readout.log_prob(model.encode(batch).user, events.history)
    table = DATASET.table
    expected = [
        row
        for first, last in zip(table.ptr[:-1].tolist(), table.ptr[1:].tolist(), strict=True)
        for row in reference(model, table.user[first:last].tolist())
    ]
    assert torch.allclose(result, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_the_model_keeps_the_contract(form):
    assert_contract(make_model(**form), DATASET)


def test_edges_to_all_earlier_events_give_the_same_encoding():
    model = make_model()
    edges = CausalEdges()(whole_batch(DATASET))
    assert torch.allclose(model.encode(edges).user, model.encode(whole_batch(DATASET)).user)


def test_edges_restrict_attention():
    model = make_model(window=1)
    own = model.encode(CausalEdges(window=1)(whole_batch(DATASET))).user
    table = DATASET.table
    alone = model.start(table.user, table.time)[0].user
    assert torch.allclose(own, alone)


def test_without_first_step_norm_the_source_is_not_normalized():
    model, without_norm = (make_model(window=3, init=True, first_step_norm=norm) for norm in (True, False))
    size = model.embedding.dim
    user, time = torch.tensor([4]), torch.zeros(1, dtype=torch.float64)
    raw, normed = without_norm.start(user, time)[0].user, model.start(user, time)[0].user
    for part, other in ((raw[:, :size], normed[:, :size]), (raw[:, -size:], normed[:, -size:])):
        assert torch.allclose(model.norm(part), other)
        assert not torch.allclose(part, other)
    later = torch.tensor([2])
    assert torch.allclose(  # the next step does not depend on it
        without_norm.advance(without_norm.start(user, time)[1], later, time)[0].user,
        model.advance(model.start(user, time)[1], later, time)[0].user,
    )


def test_social_features_are_not_trained():
    features = torch.randn(USERS, 2)
    model = NDM(USERS, dim=DIM, heads=2, social_features=features)
    assert torch.equal(model.embedding(torch.arange(USERS))[:, :2], features)
    assert not any(parameter.shape == features.shape for parameter in model.parameters())
    again = NDM(**model.config)
    again.load_state_dict(model.state_dict())
    assert torch.equal(again.embedding(torch.arange(USERS)), model.embedding(torch.arange(USERS)))


@pytest.mark.parametrize("argument", [{"window": 0}, {"heads": 0}, {"dim": 0}])
def test_sizes_below_one_raise_an_error(argument):
    with pytest.raises(UsageError, match="at least 1"):
        NDM(USERS, **argument)


def test_features_of_other_users_raise_an_error():
    with pytest.raises(UsageError, match=r"NDM\(social_features\): has 3 rows, and there are 9 users"):
        NDM(USERS, social_features=torch.zeros(3, 2))


def test_str_shows_the_layers():
    assert "NDM(" in str(NDM(USERS, dim=DIM, heads=2))


def test_dropout_is_on_the_attention_weights() -> None:
    model = make_model(dropout=0.5).train()
    batch = whole_batch(DATASET)
    torch.manual_seed(1)
    first_run, second_run = model.encode(batch).user, model.encode(batch).user
    assert not torch.allclose(first_run, second_run)
    size = model.embedding.dim
    first = batch.ptr[:-1]
    # A source attends only to itself; its attention weight is dropped, its vector is not.
    without_dropout = model.eval().encode(batch).user
    assert not torch.allclose(first_run[first, :size], without_dropout[first, :size])


@pytest.mark.parametrize(("heads", "dim"), [(1, 4), (3, 5), (8, 64)])
def test_each_head_is_initialized_by_the_xavier_distribution(heads: int, dim: int) -> None:
    model = NDM(6, dim, heads)
    torch.manual_seed(3)
    model.reset_parameters()
    torch.manual_seed(3)
    for matrix in (model.query, model.key, model.value):
        for head in matrix:
            assert torch.equal(head, torch.nn.init.xavier_uniform_(torch.empty(dim, dim)))
