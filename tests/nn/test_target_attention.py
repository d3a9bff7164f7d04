from __future__ import annotations

import math

import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.nn import TargetAttention


@pytest.mark.parametrize("per_head", [False, True])
@torch.no_grad()
def test_each_head_attends_to_the_earlier_posts_that_are_there(per_head: bool) -> None:
    torch.manual_seed(0)
    attention = TargetAttention(6, heads=2, per_head=per_head).double()
    target, earlier = torch.randn(3, 6).double(), torch.randn(4, 3, 6).double()
    there = torch.tensor([[True, False, False], [True, False, False], [True, True, False], [True, True, False]])
    found, weights = attention(target, earlier, there)
    scale = math.sqrt(3 if per_head else 6)
    for row in range(3):
        for head in range(2):
            part = slice(3 * head, 3 * head + 3)
            query = (attention.query.weight @ target[row])[part]
            posts = [post for post in range(4) if there[post, row]]
            exps = [math.exp(query @ (attention.key.weight @ earlier[post, row])[part] / scale) for post in posts]
            expected = torch.zeros(3).double()
            for post, value in zip(posts, exps, strict=True):
                assert float(weights[post, row, head]) == pytest.approx(value / sum(exps))
                expected += value / sum(exps) * (attention.value.weight @ earlier[post, row])[part]
            torch.testing.assert_close(found[row, part], expected)
    assert not found[2].any()  # without earlier posts
    assert not weights[~there].any()


def test_heads_that_do_not_divide_the_size_raise_an_error() -> None:
    with pytest.raises(UsageError, match=r"heads=4\): must divide 6"):
        TargetAttention(6, heads=4)
