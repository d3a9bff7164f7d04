from __future__ import annotations

import pytest
import torch
from torch_geometric.utils import softmax

from graphcascade.nn import FolloweeAttention, followee_attention

EDGES = torch.tensor([[2, 0, 1, 1, 0], [0, 3, 0, 3, 1]])  # from followee to user; user 2 has no followee


def test_attention_matches_the_equation() -> None:
    torch.manual_seed(0)
    layer = FolloweeAttention(4).double()
    followee, user = torch.randn(3, 4, dtype=torch.float64), torch.randn(5, 4, dtype=torch.float64)
    expected = torch.zeros(5, 4, dtype=torch.float64)
    for p in range(5):
        links = [q for q, reader in EDGES.t().tolist() if reader == p]
        if links:
            inner = [layer.user.weight @ user[p] + layer.followee.weight @ followee[q] + layer.user.bias for q in links]
            weight = torch.stack([layer.score @ each.tanh() for each in inner]).exp()
            expected[p] = (weight / weight.sum()) @ followee[links]
    torch.testing.assert_close(layer((followee, user), EDGES), expected)


@pytest.mark.parametrize("chunk", [1, 9, 1 << 18])
def test_gradients_in_portions_are_those_of_autograd(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followee_attention, "CHUNK", chunk)
    torch.manual_seed(0)
    layer = FolloweeAttention(4).double()
    x = [torch.randn(count, 4, dtype=torch.float64, requires_grad=True) for count in (3, 5)]
    inputs = [*x, *layer.parameters()]
    weight = torch.randn(5, 4, dtype=torch.float64)
    found = torch.autograd.grad((layer((x[0], x[1]), EDGES) * weight).sum(), inputs)
    followee, user = EDGES
    score = (layer.followee(x[0])[followee] + layer.user(x[1])[user]).tanh() @ layer.score
    message = softmax(score, user, num_nodes=5).unsqueeze(1) * x[0][followee]
    expected = torch.zeros(5, 4, dtype=torch.float64).index_add(0, user, message)
    for one, other in zip(found, torch.autograd.grad((expected * weight).sum(), inputs), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_the_mean_has_equal_weights() -> None:
    followee, user = torch.randn(3, 4), torch.randn(4, 4)
    found = FolloweeAttention(4, learned=False)((followee, user), EDGES)
    expected = torch.stack([followee[1:].mean(0), followee[0], torch.zeros(4), followee[:2].mean(0)])
    torch.testing.assert_close(found, expected)


def test_str_shows_the_arguments() -> None:
    assert str(FolloweeAttention(4, learned=False)) == "FolloweeAttention(4, learned=False)"
