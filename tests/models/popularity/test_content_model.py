"""Neural baselines: each equals its equations in plain loops, and passes the checks of all models of windows."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from graphcascade.errors import UsageError
from graphcascade.loader import PostBatch
from graphcascade.models import DTCN, MLP, TTCVLT, AttentionMLP, MultiView
from graphcascade.models.popularity.content_model import ContentModel
from tests.models.popularity.small_stream import (
    assert_no_later_post_matters,
    assert_overfits,
    assert_runs_and_single_posts_agree,
    in_double,
    predict_runs,
    random_stream,
)

STREAM = random_stream()
MODELS: dict[type[ContentModel], dict[str, Any]] = {
    MLP: {},
    AttentionMLP: {},
    DTCN: {"length": 4},
    MultiView: {"length": 12, "heads": 2},
    TTCVLT: {"heads": 2},
}
SMALL: dict[str, Any] = {"hidden_dim": 8, "uid_dim": 3}


def make(cls: type[ContentModel], **arguments: Any) -> Any:
    torch.manual_seed(0)
    return cls.of(STREAM, **{**SMALL, **MODELS[cls], **arguments})


def trained(cls: type[ContentModel], **arguments: Any) -> Any:
    model = make(cls, **arguments)
    model.prepare(STREAM)
    return in_double(model)


def one_run(model: ContentModel) -> PostBatch:
    return next(iter(model.batches(STREAM, batch_size=64)))


def literal_inputs(model: ContentModel, batch: PostBatch) -> list[dict[str, Tensor]]:
    """The inputs of each post of the first run, by name."""
    posts = []
    for number in range(batch.post.size(1)):
        assert model.image is not None
        assert model.text is not None
        assert model.users is not None
        assert model.categories is not None
        x: dict[str, Tensor] = {}
        for name, layer, features, there in (
            ("image", model.image, batch.x_image, batch.has_image),
            ("text", model.text, batch.x_text, batch.has_text),
        ):
            assert features is not None
            assert there is not None
            value = (features[0, number].double() - layer.mean) * layer.inverse_std
            x[name] = value if there[0, number] else layer.missing
        table = model.categories(model.parent, model.level)
        x["category"] = table[int(batch.category[0, number])]  # -1 is the last row
        row = slice(number, number + 1)
        x["user"] = model.users(batch.user[0, row], batch.numbers[0, row], batch.time[0, row])[0]
        posts.append(x)
    return posts


def head(layers: nn.Sequential, x: Tensor) -> Tensor:
    first, second = layers[0], layers[3]
    hidden = torch.clamp(first.weight @ x + first.bias, min=0)
    return (second.weight @ hidden + second.bias)[0]


def literal_transformer(layer: nn.TransformerEncoderLayer, tokens: list[Tensor]) -> list[Tensor]:
    """A transformer layer over tokens, head by head."""
    attention, dim = layer.self_attn, tokens[0].numel()
    weight, bias = attention.in_proj_weight, attention.in_proj_bias
    query, key, value = (
        [weight[part] @ x + bias[part] for x in tokens]
        for part in (slice(0, dim), slice(dim, 2 * dim), slice(2 * dim, 3 * dim))
    )
    size = dim // attention.num_heads
    result = []
    for number, x in enumerate(tokens):
        heads = []
        for begin in range(0, dim, size):
            part = slice(begin, begin + size)
            score = torch.stack([query[number][part] @ other[part] / math.sqrt(size) for other in key])
            share = score.exp() / score.exp().sum()
            heads.append(sum(share[other] * value[other][part] for other in range(len(tokens))))
        mixed = attention.out_proj.weight @ torch.cat(heads) + attention.out_proj.bias
        inner = literal_norm(layer.norm1, x + mixed)
        hidden = torch.clamp(layer.linear1.weight @ inner + layer.linear1.bias, min=0)
        result.append(literal_norm(layer.norm2, inner + layer.linear2.weight @ hidden + layer.linear2.bias))
    return result


def literal_norm(layer: nn.LayerNorm, x: Tensor) -> Tensor:
    return (x - x.mean()) / (x.var(correction=0) + layer.eps).sqrt() * layer.weight + layer.bias


def literal_mlp(model: MLP, batch: PostBatch, target: int) -> Tensor:
    x = torch.cat(list(literal_inputs(model, batch)[target].values()))
    first, second, third = model.layers[0], model.layers[3], model.layers[6]
    for layer in (first, second):
        x = torch.clamp(layer.weight @ x + layer.bias, min=0)
    return (third.weight @ x + third.bias)[0]


def literal_attention_mlp(model: AttentionMLP, batch: PostBatch, target: int) -> Tensor:
    hidden, score = [], []
    for name, x in literal_inputs(model, batch)[target].items():
        layer = model.projections[name]
        h = torch.clamp(layer.weight @ x + layer.bias, min=0)  # type: ignore[operator]
        hidden.append(h)
        score.append((model.score.weight @ torch.tanh(model.hidden.weight @ h + model.hidden.bias))[0].exp())
    total = sum(score)
    return head(model.head, sum(s / total * h for s, h in zip(score, hidden, strict=True)))


def literal_dtcn(model: DTCN, batch: PostBatch, target: int) -> Tensor:
    inputs, dim = literal_inputs(model, batch), model.hidden_dim
    state, cell, states, times = torch.zeros(dim).double(), torch.zeros(dim).double(), [], []
    for post in range(target, target + model.length):
        if not batch.valid[0, post]:
            continue
        e = torch.tanh(model.embed.weight @ torch.cat(list(inputs[post].values())) + model.embed.bias)
        lstm = model.lstm
        gates = lstm.weight_ih_l0 @ e + lstm.bias_ih_l0 + lstm.weight_hh_l0 @ state + lstm.bias_hh_l0
        i, f, g, o = gates.split(dim)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        state = o.sigmoid() * cell.tanh()
        states.append(state)
        times.append(float(batch.time[0, post]))
    score = []
    for h, time in zip(states, times, strict=True):
        before = times[-1] - time
        tau = torch.tensor([math.log(1 + before / unit) for unit in (3600, 24 * 3600, 7 * 24 * 3600)]).double()
        hidden = model.state.weight @ h + model.target.weight @ states[-1] + model.scales.weight @ tau
        score.append((model.score.weight @ torch.tanh(hidden))[0].exp())
    context = sum(s / sum(score) * h for s, h in zip(score, states, strict=True))
    return head(model.head, torch.cat([states[-1], context]))


def literal_multi_view(model: MultiView, batch: PostBatch, target: int) -> Tensor:
    inputs, last = literal_inputs(model, batch), target + model.length - 1
    user = int(batch.user[0, last])
    posts = [
        post
        for post in range(target, last + 1)
        if post == last or (batch.valid[0, post] and batch.user[0, post] == user < model.num_users)
    ]
    z = []
    for post in posts:
        tokens = [
            layer.weight @ inputs[post][name] + layer.bias  # type: ignore[operator]
            for name, layer in model.projections.items()
        ]
        z.append(torch.stack(literal_transformer(model.fusion, tokens)).mean(0))

    def phi(x: Tensor) -> Tensor:
        return torch.where(x > 0, x, x.exp() - 1) + 1

    query = phi(model.query.weight @ z[-1])
    similarity = [query @ phi(model.key.weight @ each) for each in z]
    values = zip(similarity, z, strict=True)
    context = sum(weight / sum(similarity) * (model.value.weight @ each) for weight, each in values)
    mean = torch.stack(z).mean(0)
    return head(model.head, torch.cat([z[-1], mean, context, inputs[last]["user"]]))


def literal_ttc_vlt(model: TTCVLT, batch: PostBatch, target: int) -> Tensor:
    x = literal_inputs(model, batch)[target]
    parts = []
    for projections, fusion, word in zip(model.projections, model.fusions, ("text", "category"), strict=True):
        tokens = []
        for name in ("image", word):
            layer = projections[name]  # type: ignore[index]
            tokens.append(layer.weight @ x[name] + layer.bias)
        parts.append(torch.stack(literal_transformer(fusion, tokens)).mean(0))  # type: ignore[arg-type]
    return head(model.head, torch.cat([*parts, x["user"]]))


LITERAL = {
    MLP: literal_mlp,
    AttentionMLP: literal_attention_mlp,
    DTCN: literal_dtcn,
    MultiView: literal_multi_view,
    TTCVLT: literal_ttc_vlt,
}


@pytest.mark.parametrize("cls", MODELS)
def test_predictions_match_the_equations(cls: Any) -> None:
    model = trained(cls)
    batch = one_run(model)
    with torch.no_grad():
        found = model(batch)[0]
        for target in (0, 1, 2, 13, 30):
            if batch.is_target[0, target]:
                expected = model.y_mean + LITERAL[cls](model, batch, target)
                assert float(found[target]) == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize("cls", MODELS)
def test_no_later_post_matters(cls: Any) -> None:
    model = make(cls)
    model.prepare(STREAM)
    for post in (0, 2, 40):
        assert_no_later_post_matters(model.eval(), STREAM, post)


@pytest.mark.parametrize("cls", MODELS)
def test_predictions_do_not_depend_on_the_batch(cls: Any) -> None:
    assert_runs_and_single_posts_agree(trained(cls), STREAM)


@pytest.mark.parametrize("cls", MODELS)
def test_a_few_posts_are_learnt(cls: Any) -> None:
    torch.manual_seed(0)
    few = random_stream(24)
    model = cls.of(few, **{**SMALL, **MODELS[cls], "hidden_dim": 32, "dropout": 0.0})
    assert_overfits(model, few)


@pytest.mark.parametrize("cls", MODELS)
@pytest.mark.parametrize("kept", ["image", "text", "category"])
def test_each_input_is_enough(cls: Any, kept: str) -> None:
    switches = {name: name == kept for name in ("image", "text", "category", "user")}
    model = trained(cls, **switches)
    assert list(model.input_dims) == [kept]
    assert bool(predict_runs(model, STREAM).isfinite().all())


def test_users_alone_are_enough_for_models_without_a_layer_over_content() -> None:
    switches = {"image": False, "text": False, "category": False}
    for cls in (MLP, AttentionMLP, DTCN):
        assert bool(predict_runs(trained(cls, **switches), STREAM).isfinite().all())
    for cls in (MultiView, TTCVLT):
        with pytest.raises(UsageError, match="has no content: use images, texts or categories"):
            make(cls, **switches)


def test_weights_of_the_kinds_of_features_add_up_to_one() -> None:
    model = trained(AttentionMLP)
    weights = model.modality_weights(one_run(model))
    assert list(weights) == ["image", "text", "category", "user"]
    torch.testing.assert_close(sum(weights.values()), torch.ones_like(weights["image"]))


def test_dtcn_attends_to_posts_that_are_there() -> None:
    model = trained(DTCN)
    batch = one_run(model)
    weight = model.attention_weights(batch)
    total = weight.sum(-1)[batch.is_target]
    torch.testing.assert_close(total, torch.ones_like(total))
    there = batch.windows(batch.valid)[batch.is_target]
    assert bool(((weight[batch.is_target] > 0) == there).all())


def test_multi_view_only_uses_posts_of_the_user() -> None:
    model = trained(MultiView)
    posts = torch.tensor([50])
    other = STREAM.user[39:50] != STREAM.user[50]
    changed = STREAM["post"].x_image.clone()
    changed[39:50][other] += 5
    assert 0 < int(other.sum()) < 11
    assert model.predict(random_stream(x_image=changed), posts).allclose(model.predict(STREAM, posts))
    changed[39:50][~other] += 5
    assert not model.predict(random_stream(x_image=changed), posts).allclose(model.predict(STREAM, posts))


def test_the_contrastive_loss_is_that_of_a_plain_loop() -> None:
    model = trained(TTCVLT, contrast=0.7, temperature=0.5)
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randn(2, 5, 8, generator=generator, dtype=torch.float64)
    total = 0.0
    for i in range(5):
        for one, two in ((first, second), (second, first)):
            terms = [float(one[i] @ two[j] / one[i].norm() / two[j].norm()) / 0.5 for j in range(5)]
            total -= math.log(math.exp(terms[i]) / sum(map(math.exp, terms)))
    assert float(model.contrastive_loss(first, second)) == pytest.approx(total / 10)
    batch = one_run(model)
    with torch.no_grad():
        prediction, vectors = model._predict(batch)
        squared = (prediction - batch.y)[batch.is_target].square().sum()
        bound = model.contrastive_loss(*(vector[batch.is_target] for vector in vectors))
        assert float(model.loss(batch)) == pytest.approx(float(squared + 0.7 * batch.num_targets * bound))
    single = trained(TTCVLT, category=False)
    with torch.no_grad():
        error = (single(batch) - batch.y)[batch.is_target].square().sum()
        assert float(single.loss(batch)) == pytest.approx(float(error))


@pytest.mark.parametrize(
    ("cls", "arguments", "message"),
    [
        (MLP, {"hidden_dim": 0}, "must be at least 1"),
        (MLP, {"dropout": 1.0}, "must be at least 0 and below 1"),
        (MultiView, {"heads": 3}, "must divide the hidden_dim of 8"),
        (TTCVLT, {"heads": 0}, "must divide the hidden_dim of 8"),
        (TTCVLT, {"contrast": -1.0}, "must be at least 0"),
        (TTCVLT, {"temperature": 0.0}, "must be positive"),
    ],
)
def test_wrong_arguments_raise_an_error(cls: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make(cls, **arguments)
