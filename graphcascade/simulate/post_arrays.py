from __future__ import annotations

import itertools
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from graphcascade.simulate.post_authors import PostAuthors, draw_authors
from graphcascade.simulate.post_effects import autoregressive, drifts, recent_share, standardise
from graphcascade.simulate.post_numbers import draw_numbers

__all__ = ["LEVELS", "POST_PRESETS", "PostArrays", "PostPreset", "PostSignal", "draw_posts", "number_categories"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
PostPreset = Literal["claims", "realistic"]


class PostSignal(NamedTuple):
    """How strongly the terms of the score count that differ between presets.

    Args:
        user: Factor of the user's popularity.
        burst: Factor of the number of recent posts of the same subcategory.
        noise: Factor of what nobody can predict.
        posts_per_user: Number of posts per user.
    """

    user: float
    burst: float
    noise: float
    posts_per_user: int


POST_PRESETS = {"claims": PostSignal(1.3, 0.9, 1.0, 16), "realistic": PostSignal(1.6, 0.65, 1.25, 8)}
"""Presets of :func:`simulate_posts`."""

LEVELS = (11, 77, 668)  # categories, subcategories and concepts of SMPD
MEAN_LABEL = 6.4
INHERITANCE = 0.65  # probability that a concept inherits from its parents
NOISE_CORRELATION = 0.8  # of neighbouring posts of an upload
CONTENT_CORRELATION = 0.9
BURST_LENGTH, BURST_DECAY = 7, 0.85
DRIFT_MEMORY = 400
TREND_CORRELATION = 0.997
START = 1_425_168_000  # 1 March 2015
DAY, YEAR = 86_400, 365 * 86_400
UPLOAD_GAP = 0.02  # of the usual time between two posts


class PostArrays(NamedTuple):
    """Simulated posts in the order of time.

    Args:
        time: Unix time in whole seconds, ascending, ``[N]``.
        authors: Users, concepts and uploads.
        parent: Parent of each category of :data:`LEVELS`, coarsest level first, -1 without one, ``[756]``.
        image: Vectors of the images, ``[N, D]``.
        text: Vectors of the texts, ``[N, D]``.
        numbers: Numbers of users and posts, ``[N, F]``.
        score: The label before it is rounded to whole views, ``[N]``.
        expected: The score without its noise, ``[N]``.
    """

    time: Ints
    authors: PostAuthors
    parent: Ints
    image: npt.NDArray[np.float32]
    text: npt.NDArray[np.float32]
    numbers: npt.NDArray[np.float32]
    score: Floats
    expected: Floats


def draw_posts(signal: PostSignal, num_posts: int, num_users: int, dim: int, seed: int) -> PostArrays:
    """Draws posts and their scores; see :func:`simulate_posts` for the arguments and the equation."""
    rng = np.random.default_rng(seed)
    parent = number_categories(rng)
    first = np.append(0, np.cumsum(LEVELS))  # the first category of each level
    authors = draw_authors(num_posts, num_users, parent[first[2] :] - first[1], rng)
    concept, users = authors.concept, int(authors.user.max()) + 1
    subcategory = parent[first[2] + concept] - first[1]
    category = parent[first[1] + subcategory]
    time = _draw_time(authors, rng)

    copied = np.where(authors.continues, CONTENT_CORRELATION, 0.0)
    image_content, text_content = (
        autoregressive(rng.standard_normal((num_posts, dim), dtype=np.float32).astype(np.float64), copied)
        for _ in range(2)
    )
    image = image_content + 3 * _unit(LEVELS[1], dim, rng)[subcategory] + 2 * _unit(LEVELS[2], dim, rng)[concept]
    text = text_content + 2 * _unit(LEVELS[1], dim, rng)[subcategory] + 3 * _unit(LEVELS[2], dim, rng)[concept]

    popularity = rng.standard_normal(users)
    level_effects = [rng.standard_normal(size) for size in LEVELS]
    inherits = (rng.random(LEVELS[2]) < INHERITANCE)[concept]
    image_direction, text_direction, mixed = (_unit(2, dim, rng) for _ in range(3))
    by_category = _unit(LEVELS[0], dim, rng)
    burst_strength = rng.uniform(0.5, 1.5, LEVELS[0])
    peak_hour = rng.uniform(0, 24)
    hour = time % DAY / 3_600

    seen = image_content @ image_direction.T
    read = text_content @ text_direction.T
    expected = (
        signal.user * popularity[authors.user]
        + inherits * (0.6 * level_effects[0][category] + 0.7 * level_effects[1][subcategory])
        + 0.5 * level_effects[2][concept]
        + 0.55 * standardise(np.tanh(seen[:, 0]) + 0.5 * np.abs(seen[:, 1]))
        + 0.75 * standardise((image_content * by_category[category]).sum(1))
        + 0.55 * standardise(read[:, 0] + 0.5 * read[:, 1] ** 2)
        + 0.3 * standardise((image @ mixed[0]) * (text @ mixed[1]))
        + signal.burst * burst_strength[category] * standardise(recent_share(subcategory, BURST_LENGTH, BURST_DECAY))
        + 0.25 * np.sqrt(2) * np.cos(2 * np.pi * (hour - peak_hour) / 24)
        + 0.2 * drifts(rng.standard_normal(num_posts), subcategory, DRIFT_MEMORY)
        + 0.3 * _trend(rng.standard_normal(num_posts))
    )
    expected += MEAN_LABEL - expected.mean()
    noise = autoregressive(rng.standard_normal(num_posts), np.where(authors.continues, NOISE_CORRELATION, 0.0))
    common = np.sqrt(dim) * _unit(2, dim, rng)  # all vectors of an encoder have a direction in common
    return PostArrays(
        time,
        authors,
        parent,
        (image + common[0]).astype(np.float32),
        (text + common[1]).astype(np.float32),
        draw_numbers(authors.user, popularity, rng),
        expected + signal.noise * noise,
        expected,
    )


def number_categories(rng: np.random.Generator) -> Ints:
    """Returns the parent of each category, coarsest level first; every category has at least one child."""
    parents: list[Ints] = [np.full(LEVELS[0], -1)]
    offset = 0
    for above, size in itertools.pairwise(LEVELS):
        extra = rng.integers(above, size=size - above)
        parents.append(offset + np.sort(np.append(np.arange(above), extra)))
        offset += above
    return np.concatenate(parents)


def _draw_time(authors: PostAuthors, rng: np.random.Generator) -> Ints:
    """Draws times over a year; no two posts have the same one."""
    gap = rng.exponential(np.where(authors.continues, UPLOAD_GAP, 1.0))
    time = np.floor(np.cumsum(gap) * (YEAR / gap.sum()))
    index = np.arange(time.size)
    ascending: Ints = START + (np.maximum.accumulate(time - index) + index).astype(np.int64)
    return ascending


def _trend(noise: Floats) -> Floats:
    correlation = np.full(noise.size, TREND_CORRELATION)
    correlation[0] = 0
    return autoregressive(noise, correlation)


def _unit(count: int, dim: int, rng: np.random.Generator) -> Floats:
    """Draws directions, ``[count, dim]``."""
    vectors = rng.standard_normal((count, dim))
    unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
