"""Small streams of posts, and what every model of windows must do."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.models.popularity import WindowModel

PARENT = torch.tensor([-1, -1, 0, 0, 1, 2, 2, 3, 4])
DAY = 86_400.0


def random_stream(posts: int = 60, users: int = 9, seed: int = 0, **changes: Any) -> PostStream:
    """Draws a stream with three levels of categories, posts without category, image or text, and missing numbers."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    category = torch.randint(len(PARENT), (posts,), generator=generator)
    category[torch.rand(posts, generator=generator) < 0.1] = -1
    numbers = draw(posts, 3) * 5 + 2
    numbers[torch.rand(posts, 3, generator=generator) < 0.2] = torch.nan
    has_image, has_text = (torch.rand(posts, generator=generator) > 0.2 for _ in range(2))
    fields: dict[str, Any] = {
        "time": torch.rand(posts, generator=generator, dtype=torch.float64).sort().values * 400 * DAY,
        "user": torch.randint(users, (posts,), generator=generator),
        "y": draw(posts) + 6,
        "category": category,
        "parent": PARENT,
        "num_users": users,
        "user_ids": np.array([f"user {number}" for number in range(users)], dtype=object),
        "category_ids": np.array([f"category {number}" for number in range(len(PARENT))], dtype=object),
        "x_image": (draw(posts, 6) * 3 + 1) * has_image.unsqueeze(1),
        "x_text": (draw(posts, 5) * 2 - 1) * has_text.unsqueeze(1),
        "has_image": has_image,
        "has_text": has_text,
        "numbers": numbers,
        "number_names": ("latitude", "followers", "ispro"),
        "crawl_time_names": ("followers",),
    }
    return PostStream(**{**fields, **changes})


def part_of(stream: PostStream, begin: int, end: int) -> PostStream:
    """The posts ``begin`` to ``end - 1`` alone, as a stream of its own with other numbers of users and categories."""
    store = stream["post"]
    users, user = torch.unique(stream.user[begin:end], return_inverse=True)
    users, user = users.flip(0), users.numel() - 1 - user
    rows = {name: store[name][begin:end] for name in ("time", "y", "x_image", "x_text", "has_image", "has_text")}
    return PostStream(
        **rows,
        user=user,
        category=stream.category[begin:end],
        parent=stream.parent,
        post_ids=stream.post_ids[begin:end],
        user_ids=stream.user_ids[users.numpy()],
        category_ids=stream.category_ids,
        numbers=stream.numbers[begin:end],
        number_names=stream.number_names,
        crawl_time_names=stream.crawl_time_names,
    )


def with_gaps(stream: PostStream, share: float = 0.1) -> PostStream:
    """Takes the labels of some posts away."""
    generator = torch.Generator().manual_seed(5)
    stream["post"].y[torch.rand(stream.num_posts, generator=generator) < share] = torch.nan
    return stream


def in_double(model: WindowModel) -> WindowModel:
    """Returns a model whose weights and statistics are float64, drawn anew so that none of them is zero."""
    model.double()
    for number, parameter in enumerate(model.parameters()):
        generator = torch.Generator().manual_seed(number)
        with torch.no_grad():
            parameter.add_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * 0.3)
    return model.eval()


def predict_runs(model: WindowModel, stream: PostStream, run_length: int = 64, batch_size: int = 512) -> Tensor:
    """Predicts the targets of a stream in the type of the weights."""
    loader = model.batches(stream, batch_size=max(batch_size, run_length), run_length=run_length)
    return torch.cat([model(batch)[batch.is_target] for batch in loader])


@torch.no_grad()
def assert_no_later_post_matters(model: WindowModel, stream: PostStream, post: int) -> None:
    """Other posts after a post, and posts before its window, do not change its prediction."""
    posts = torch.tensor([post])
    expected = model.predict(stream, posts)
    other = random_stream(stream.num_posts, stream.num_users, seed=99)
    store, changed = stream["post"], other["post"]
    outside = torch.ones(stream.num_posts, dtype=torch.bool)
    outside[max(0, post - model.length + 1) : post + 1] = False
    fields = {name: torch.where(_like(outside, store[name]), changed[name], store[name]) for name in CHANGED}
    user = torch.where(outside, other.user, stream.user)
    category = torch.where(outside, other.category, stream.category)
    mixed = random_stream(stream.num_posts, stream.num_users, user=user, category=category, time=stream.time, **fields)
    assert model.predict(mixed, posts).equal(expected)
    outside[post] = True
    assert not mixed["post"].x_image.equal(store.x_image)


CHANGED = ("x_image", "x_text", "has_image", "has_text", "numbers", "y")


def _like(mask: Tensor, x: Tensor) -> Tensor:
    return mask.view(-1, *[1] * (x.dim() - 1)).expand_as(x)


@torch.no_grad()
def assert_runs_and_single_posts_agree(model: WindowModel, stream: PostStream) -> None:
    """Predictions do not depend on the batch or on the length of the runs."""
    expected = predict_runs(model, stream)
    for run_length, batch_size in ((1, 1), (1, 16), (7, 21), (64, 64)):
        found = predict_runs(model, stream, run_length, batch_size)
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    order = torch.randperm(stream.targets.numel(), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model.predict(stream, stream.targets[order]), expected[order].float())


def assert_overfits(model: WindowModel, stream: PostStream, steps: int = 150, rate: float = 0.01) -> None:
    """Training on a few posts learns their labels."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    model.prepare(stream)
    model.train()
    batch = next(iter(model.batches(stream)))
    variance = float(batch.y[batch.is_target].var())
    for _ in range(steps):
        optimizer.zero_grad()
        (model(batch) - batch.y)[batch.is_target].square().mean().backward()
        optimizer.step()
    model.eval()
    error = float((model.predict(stream, stream.targets) - stream.target_y).square().mean())
    assert error < 0.1 * variance
