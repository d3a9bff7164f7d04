from __future__ import annotations

import itertools
import math
from datetime import datetime, timezone
from typing import Any

import pytest
import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.errors import UsageError
from graphcascade.models import DSN
from tests.models.popularity.small_stream import (
    assert_no_later_post_matters,
    assert_overfits,
    assert_runs_and_single_posts_agree,
    in_double,
    predict_runs,
    random_stream,
)

STREAM = random_stream()
TRAIN, VAL, TEST = STREAM.splits()


def make(double: bool = True, stream: PostStream = STREAM, **arguments: Any) -> DSN:
    torch.manual_seed(0)
    model = DSN.of(stream, **{"hidden_dim": 8, "heads": 2, "uid_dim": 3, "length": 4, **arguments})
    model.prepare(stream.splits()[0])
    return in_double(model) if double else model.eval()


def sigmoid(x: Tensor) -> Tensor:
    return 1 / (1 + (-x).exp())


def layer_norm(layer: Any, x: Tensor) -> Tensor:
    variance = ((x - x.mean()) ** 2).mean()
    return (x - x.mean()) / (variance + layer.eps).sqrt() * layer.weight + layer.bias


def gate(layer: Any, x: Tensor, y: Tensor | None = None) -> Tensor:
    """Eq. 7."""
    size = x.numel()
    w, b = layer.linear.weight, layer.linear.bias
    inner = w[size:] @ x + b[size:]
    if y is not None:
        inner = inner + layer.second.weight @ y
    return (w[:size] @ x + b[:size]) * sigmoid(inner)


def hce(model: DSN, category: int) -> Tensor:
    """Eq. 6, 8 and 9, for one post: from the root down."""
    encoder = model.categories
    path = [category]
    while int(STREAM.parent[path[0]]) >= 0:
        path.insert(0, int(STREAM.parent[path[0]]))
    previous = None
    for layer, number in zip(encoder.hierarchy.layers, path, strict=False):
        own = encoder.embedding.weight[number]
        if previous is None:
            previous = own if encoder.hierarchy.first_layer == "level-1" else torch.zeros_like(own)
        previous = layer.weight.weight @ torch.cat([own, gate(layer.gate, previous, own)])
    return previous


def category_vector(model: DSN, category: int) -> Tensor:
    encoder = model.categories
    weight, none = encoder.embedding.weight, encoder.embedding.weight[-1]
    depth = STREAM.depth
    if category < 0:
        return torch.cat([none] * depth) if encoder.encoding == "concatenation" else none
    if encoder.encoding == "hce":
        return hce(model, category)
    path = [category]
    while int(STREAM.parent[path[0]]) >= 0:
        path.insert(0, int(STREAM.parent[path[0]]))
    if encoder.encoding == "sum":
        return sum(weight[number] for number in path)
    if encoder.encoding == "concatenation":
        return torch.cat([weight[path[k]] if k < len(path) else none for k in range(depth)])
    return weight[path[min(encoder.level, len(path)) - 1]]


def adapt(adapter: Any, x: list[Tensor], step: int) -> Tensor:
    """Eq. 3 at one step of a window."""
    inner = adapter.wide.bias.clone()
    for tap, neighbour in enumerate((step - 1, step, step + 1)):
        if 0 <= neighbour < len(x):
            inner = inner + adapter.wide.weight[:, :, tap] @ x[neighbour]
    narrow = adapter.narrow.weight[:, :, 0] @ x[step] + adapter.narrow.bias
    return (1 - adapter.ratio) * inner.clamp(min=0) + adapter.ratio * narrow


def features(scaler: Any, name: str, post: int) -> Tensor:
    if not STREAM["post"][f"has_{name}"][post]:
        return scaler.missing
    return (STREAM["post"][f"x_{name}"][post].double() - scaler.mean) * scaler.inverse_std


def user_features(model: DSN, post: int) -> Tensor:
    layer = model.users
    seen = model.seen[STREAM.user[post]]
    parts = [] if layer.uid is None else [layer.uid.weight[STREAM.user[post] if seen else model.num_users]]
    columns = [STREAM.number_names.index(name) for name in model.numbers]
    values = [float(STREAM.numbers[post, column]) for column in columns]
    scores = [
        0.0 if math.isnan(value) else (value - float(layer.mean[k])) * float(layer.inverse_std[k])
        for k, value in enumerate(values)
    ]
    parts += [
        torch.tensor(scores, dtype=torch.float64),
        torch.tensor([float(math.isnan(value)) for value in values]).double(),
    ]
    date = datetime.fromtimestamp(float(STREAM.time[post]), timezone.utc)
    for value, size in ((date.month - 1, 12), (date.day - 1, 31), (date.hour, 24)):
        parts.append(torch.tensor([float(k == value) for k in range(size)]).double())
    return torch.cat(parts)


def literal(model: DSN, target: int) -> Tensor:
    """The prediction of one post from its window alone, equation by equation."""
    d = model.hidden_dim
    posts = list(range(max(0, target - model.length + 1), target + 1))
    f = []
    for step in range(len(posts)):
        parts = []
        for name in ("image", "text"):
            scaler, adapter = getattr(model, name), getattr(model, f"{name}_adapter")
            if scaler is not None:
                parts.append(adapt(adapter, [features(scaler, name, post) for post in posts], step))
        if model.categories is not None:
            parts.append(category_vector(model, int(STREAM.category[posts[step]])))
        f.append(torch.cat(parts) if parts else None)
    inputs = []
    if f[0] is not None:
        phi, state, cell = [], torch.zeros(d).double(), torch.zeros(d).double()
        for x in f:
            residual = model.residual.weight @ x
            if not model.short_term:
                phi.append(residual)
                continue
            z = model.lstm.weight_ih_l0 @ x + model.lstm.bias_ih_l0
            z = z + model.lstm.weight_hh_l0 @ state + model.lstm.bias_hh_l0
            i, f_, g, o = z[:d], z[d : 2 * d], z[2 * d : 3 * d], z[3 * d :]
            cell = sigmoid(f_) * cell + sigmoid(i) * g.tanh()
            state = sigmoid(o) * cell.tanh()
            theta = layer_norm(model.norm, gate(model.gate, state) + residual)
            inner = model.grn.inner.weight @ theta + model.grn.inner.bias
            eta2 = torch.where(inner > 0, inner, inner.exp() - 1)
            eta1 = model.grn.outer.weight @ eta2 + model.grn.outer.bias
            phi.append(layer_norm(model.grn.norm, theta + gate(model.grn.gate, eta1)))
        h = torch.zeros(d).double()
        if model.long_term and len(posts) > 1:
            size = d // model.attention.heads
            query = model.attention.query.weight @ phi[-1]
            for begin in range(0, d, size):
                own = slice(begin, begin + size)
                keys = [(model.attention.key.weight @ other)[own] for other in phi[:-1]]
                scores = torch.stack([query[own] @ key / model.attention.scale for key in keys])
                weights = scores.exp() / scores.exp().sum()
                values = [(model.attention.value.weight @ other)[own] for other in phi[:-1]]
                h[own] = sum(weight * value for weight, value in zip(weights, values, strict=True))
        first, _, second = model.feed_forward
        inner = (first.weight @ torch.cat([h, phi[-1]]) + first.bias).clamp(min=0)
        inputs.append(second.weight @ inner + second.bias)
    if model.users is not None:
        inputs.append(user_features(model, target))
    first, _, _, second = model.head
    inner = (first.weight @ torch.cat(inputs) + first.bias).clamp(min=0)
    return model.y_mean + (second.weight @ inner + second.bias)[0]


def assert_literal(model: DSN) -> None:
    posts = [*range(5), *range(40, 46)]  # at the beginning of the stream, and later
    loader = model.batches(STREAM, torch.arange(STREAM.num_posts))
    found = torch.cat([model(batch)[batch.is_target] for batch in loader])
    expected = torch.stack([literal(model, post) for post in posts])
    torch.testing.assert_close(found[posts], expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 9])
@torch.no_grad()
def test_the_fast_path_is_the_equations_for_single_windows(length: int) -> None:
    assert_literal(make(length=length))


@pytest.mark.parametrize(
    "arguments",
    [
        {"category_encoding": "level", "level": 1},
        {"category_encoding": "level", "level": 2},
        {"category_encoding": "level"},
        {"category_encoding": "concatenation"},
        {"category_encoding": "sum"},
        {"first_layer": "zeros", "hce_start": "plain"},
        {"short_term": False},
        {"long_term": False},
        {"short_term": False, "long_term": False},
        {"scale": "head", "image_ratio": 1.0, "text_ratio": 0.0},
        {"crawl_time": False, "uid_dim": 0},
    ],
)
@torch.no_grad()
def test_the_ablations_are_the_equations(arguments: dict[str, Any]) -> None:
    assert_literal(make(**arguments))


@pytest.mark.parametrize("used", [x for x in itertools.product([True, False], repeat=4) if any(x)])
@torch.no_grad()
def test_any_inputs_can_be_left_out(used: tuple[bool, ...]) -> None:
    assert_literal(make(**dict(zip(("image", "text", "category", "user"), used, strict=True))))


def test_gradients_are_those_of_single_windows() -> None:
    model = make(stream=STREAM)
    weight = torch.linspace(-1, 1, STREAM.num_posts).double()
    loader = model.batches(STREAM, torch.arange(STREAM.num_posts))
    found = torch.cat([model(batch)[batch.is_target] for batch in loader])
    names, parameters = zip(*model.named_parameters(), strict=True)
    gradients = torch.autograd.grad(found @ weight, parameters, allow_unused=True)
    expected = torch.autograd.grad(
        sum(literal(model, post) * weight[post] for post in range(STREAM.num_posts)), parameters, allow_unused=True
    )
    for name, gradient, other in zip(names, gradients, expected, strict=True):
        assert (gradient is None) == (other is None), name
        if gradient is not None:
            torch.testing.assert_close(gradient, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("arguments", [{}, {"length": 1}, {"short_term": False}, {"long_term": False}])
def test_no_later_post_and_none_before_the_window_matters(arguments: dict[str, Any]) -> None:
    model = make(double=False, **arguments)
    for post in (0, 2, 30, 59):
        assert_no_later_post_matters(model, STREAM, post)


@pytest.mark.parametrize("length", [1, 4])
def test_predictions_do_not_depend_on_the_batch(length: int) -> None:
    assert_runs_and_single_posts_agree(make(length=length), STREAM)


def test_windows_before_the_beginning_are_shorter() -> None:
    long, short = make(length=9), make(length=2)
    assert long.state_dict().keys() == short.state_dict().keys()
    long.load_state_dict(short.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(predict_runs(long, STREAM)[:2], predict_runs(short, STREAM)[:2])


def test_dropout_and_unknown_users_are_drawn_in_training_only() -> None:
    model = make(double=False)
    (batch,) = model.batches(TRAIN)
    with torch.no_grad():
        assert model(batch).equal(model(batch))
        model.train()
        assert not model(batch).equal(model(batch))


@pytest.mark.parametrize("encoding", ["hce", "concatenation"])
def test_the_model_overfits_a_few_posts(encoding: Any) -> None:
    torch.manual_seed(0)
    assert_overfits(DSN.of(STREAM, hidden_dim=16, dropout=0.0, category_encoding=encoding), TRAIN)


@pytest.mark.parametrize(
    ("level", "rows"),
    [
        (1, [0, 1, 2, 0, 4, 2, 2, 0, 4]),  # all posts below 0 train its vector
        (2, [-1, 1, 2, -1, 4, 2, 2, -1, 4]),  # those below 0 train the vector of 2
        (3, [-1, 1, 2, -1, 4, 2, 2, -1, 4]),
    ],
)
def test_a_category_has_no_vector_that_no_training_post_used(level: int, rows: list[int]) -> None:
    """Categories 3, 5, 6, 7 and 8 have no training posts, and 0 only has some below it."""
    moved = torch.tensor([2, 1, 2, 2, 4, 2, 2, 2, 4])
    category = STREAM.category.clone()
    later = torch.arange(60) > TRAIN.targets[-1]
    category = torch.where(later | (category < 0), category, moved[category])
    stream = random_stream(category=category)
    train, val, _ = stream.splits()
    model = DSN.of(stream, hidden_dim=8, heads=2, category_encoding="level", level=level, dropout=0.0)
    model.prepare(train)
    assert model.match_categories(stream, val.targets).tolist() == rows
    sum(model.loss(batch) for batch in model.batches(train)).backward()
    used = model.categories.embedding.weight.grad.any(1)
    row = torch.tensor(rows)[stream.category[val.targets]][stream.category[val.targets] >= 0]
    table = model.categories(model.parent, model.level)
    for number in set(row.tolist()):
        assert any(table[number].equal(vector) for vector in model.categories.embedding.weight[used]), number
    model.prepare(train, continued=True)  # some categories have no row, which is no other set of categories


@torch.no_grad()
def test_the_hce_starts_as_a_sum_of_the_levels() -> None:
    model = DSN.of(STREAM, hidden_dim=8)
    for layer in model.categories.hierarchy.layers:
        torch.nn.init.zeros_(layer.gate.second.weight)
        torch.nn.init.zeros_(layer.gate.linear.weight[8:])
    share = 1 / (1 + math.exp(-1.1))
    e = model.categories.embedding.weight
    table = model.categories(model.parent, model.level)
    torch.testing.assert_close(table[7], e[7] + share * (e[3] + share * (1 + share) * e[0]))


@torch.no_grad()
def test_weights_of_the_earlier_posts_sum_to_one() -> None:
    model = make()
    (batch,) = model.batches(STREAM)
    weights = model.attention_weights(batch)[batch.is_target]
    assert weights.shape == (60, 4)
    torch.testing.assert_close(weights.sum(1), (torch.arange(60) > 0).double())
    assert weights[1].tolist() == [0, 0, 1, 0]
    assert not weights[:, -1].any()
    for arguments in ({"length": 1}, {"long_term": False}):
        other = make(**arguments)
        assert other.attention_weights(next(iter(other.batches(STREAM)))) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden_dim": 0}, "hidden_dim=0: must be at least 1"),
        ({"heads": 3}, r"heads=3\): must divide 8"),
        ({"dropout": 1.0}, "dropout=1.0: must be at least 0 and below 1"),
        ({"image_ratio": 1.2}, "image_ratio=1.2: must be between 0 and 1"),
        ({"category_encoding": "level", "level": 4}, r"level=4\): must be between 1, the coarsest level, and 3"),
        ({"category_encoding": "tree"}, "category_encoding='tree'"),
        ({"length": 0}, "length=0: must be at least 1"),
    ],
)
def test_arguments_out_of_range_raise_an_error(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make(**arguments)
