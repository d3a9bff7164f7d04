from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["PostAuthors", "draw_authors"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

UPLOAD_SHARE = 0.15  # of posts that continue the upload of the post before
RETURN_SHARE = 0.45  # of the others whose user posted a short time ago
RETURN_DISTANCE = 12  # mean number of posts since then
SAME_CONCEPT_SHARE = 0.7  # of returning users
HOT_SHARE = 0.5  # of the other posts that are in the currently hot subcategory
HOT_SWITCH = 1 / 40  # probability per post that another subcategory gets hot
FAVOURITES = 3  # subcategories of a user
ACTIVITY_EXPONENT = 1.1  # of the Pareto distribution


class PostAuthors(NamedTuple):
    """Who posts what, in the order of posts.

    Args:
        user: User of each post, ``[N]``; every number below the number of users occurs.
        concept: Concept of each post, ``[N]``.
        continues: Whether a post continues the upload of the post before, ``[N]``.
    """

    user: Ints
    concept: Ints
    continues: Bools


def draw_authors(num_posts: int, num_users: int, subcategory: Ints, rng: np.random.Generator) -> PostAuthors:
    """Draws the user and the concept of each post; see :func:`simulate_posts`.

    Args:
        num_posts: Number of posts ``N``.
        num_users: Number of users to draw from; those who never post get no number.
        subcategory: Subcategory of each concept, ``[K]``, sorted.
        rng: Random generator.
    """
    num_subcategories = int(subcategory[-1]) + 1
    continues = rng.random(num_posts) < UPLOAD_SHARE
    returns = ~continues & (rng.random(num_posts) < RETURN_SHARE)
    index = np.arange(num_posts)
    source = np.where(
        continues, index - 1, np.where(returns, index - rng.geometric(1 / RETURN_DISTANCE, num_posts), -1)
    )
    source = np.where(source < 0, index, source)
    continues[0] = False
    repeats = continues | (rng.random(num_posts) < SAME_CONCEPT_SHARE)  # the concept of the source

    activity = 1 + rng.pareto(ACTIVITY_EXPONENT, num_users)
    user = rng.choice(num_users, num_posts, p=activity / activity.sum())[_follow(source)]
    _, user = np.unique(user, return_inverse=True)

    favourite = rng.integers(num_subcategories, size=(num_users, FAVOURITES))
    wanted = favourite[user, rng.integers(FAVOURITES, size=num_posts)]
    period = np.cumsum(rng.random(num_posts) < HOT_SWITCH)
    hot = rng.integers(num_subcategories, size=period[-1] + 1)[period]
    wanted = np.where((source == index) & (rng.random(num_posts) < HOT_SHARE), hot, wanted)
    concept = _draw_concept(wanted, subcategory, rng)[_follow(np.where(repeats, source, index))]
    return PostAuthors(user, concept, continues)


def _follow(source: Ints) -> Ints:
    """Returns the post at which the chain of sources of each post ends: one that is its own source."""
    while True:
        further = source[source]
        if np.array_equal(further, source):
            return source
        source = further


def _draw_concept(wanted: Ints, subcategory: Ints, rng: np.random.Generator) -> Ints:
    """Draws a concept of each subcategory that is wanted; the first concepts of a subcategory are the most frequent."""
    start = np.searchsorted(subcategory, np.arange(subcategory[-1] + 2))
    rank = np.arange(subcategory.size) - start[subcategory]
    cumulative = np.append(0, np.cumsum(1 / (1 + rank)))
    low, high = cumulative[start[wanted]], cumulative[start[wanted + 1]]
    concept = np.searchsorted(cumulative, low + (high - low) * rng.random(wanted.size), side="right") - 1
    drawn: Ints = np.clip(concept, start[wanted], start[wanted + 1] - 1)
    return drawn
