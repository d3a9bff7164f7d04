from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from graphcascade.data import PostStream


def strings(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)


@pytest.fixture
def make_stream() -> Callable[..., PostStream]:
    """Returns a function that makes four posts of three users, given out of time order: p2 comes last.

    Their categories are animal (with pet and cat below it) and plant. The post p3 has no label, p1 no category.
    """

    def make(**changes: Any) -> PostStream:
        fields: dict[str, Any] = {
            "time": torch.tensor([10.0, 20.0, 90.0, 20.0], dtype=torch.float64),
            "user": torch.tensor([0, 1, 1, 2]),
            "y": torch.tensor([1.0, 2.0, 6.0, torch.nan]),
            "category": torch.tensor([2, -1, 3, 1]),
            "parent": torch.tensor([-1, 0, 1, -1]),
            "post_ids": strings("p0", "p1", "p2", "p3"),
            "user_ids": strings("ann", "bob", "cid"),
            "category_ids": strings("animal", "pet", "cat", "plant"),
            "text": strings("a cat", "", "", "dog"),
            "title": strings("", "sun", "", ""),
            "numbers": torch.tensor([[0.0], [1.0], [2.0], [torch.nan]]),
            "number_names": ("followers",),
        }
        return PostStream(**{**fields, **changes})

    return make


@pytest.fixture
def random_stream() -> Callable[..., PostStream]:
    """Returns a function that draws a stream without structure, in the order of time."""

    def make(posts: int = 40, users: int = 7, seed: int = 0, **changes: Any) -> PostStream:
        generator = torch.Generator().manual_seed(seed)
        fields: dict[str, Any] = {
            "time": torch.rand(posts, generator=generator, dtype=torch.float64).sort().values,
            "user": torch.randint(users, (posts,), generator=generator),
            "y": torch.randn(posts, generator=generator),
            "num_users": users,
        }
        return PostStream(**{**fields, **changes})

    return make
