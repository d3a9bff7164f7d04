from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["draw_follows"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MAX_FOLLOWEES = 162  # AMNL paper, Section 3.1
OWN_COMMUNITY = 0.8
VISIBLE_ROUNDS = 50  # later draws ignore visibility, so that the last links of a large reader are found


def draw_follows(
    community: Ints, visibility: Floats, num_followers: int, num_links: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Draws who follows whom.

    Args:
        community: Community of each user, ``[U]``.
        visibility: Weight of each user, ``[U]``, in proportion to which followees are drawn.
        num_followers: Number of users who follow somebody.
        num_links: Number of links.
        rng: Random generator.

    Returns:
        Follower and followee of each link, ``[num_links]`` each, sorted, without repeats or links to oneself.
    """
    num_users = community.size
    degree = np.zeros(num_users, dtype=np.int64)
    most = min(MAX_FOLLOWEES, num_users // 4)
    followers = rng.permutation(num_users)[:num_followers]
    degree[followers] = _draw_degrees(num_followers, num_links, most, rng)

    order = np.argsort(community, kind="stable")
    cumulative = np.cumsum(visibility[order])
    bounds = np.append(0.0, cumulative)[np.searchsorted(community[order], np.arange(community.max() + 2))]
    keys = np.empty(0, dtype=np.int64)
    rounds = 0
    while True:
        missing = degree - np.bincount(keys // num_users, minlength=num_users)
        user = np.arange(num_users).repeat(missing)
        if user.size == 0:
            return keys // num_users, keys % num_users
        own = rng.random(user.size) < OWN_COMMUNITY
        low = np.where(own, bounds[community[user]], 0.0)
        high = np.where(own, bounds[community[user] + 1], cumulative[-1])
        position = np.searchsorted(cumulative, low + (high - low) * rng.random(user.size), side="right")
        followee = order[np.minimum(position, num_users - 1)]
        if rounds >= VISIBLE_ROUNDS:
            followee = rng.integers(num_users, size=user.size)
        fresh = user * num_users + followee
        keys = np.union1d(keys, fresh[user != followee])
        rounds += 1


def _draw_degrees(count: int, total: int, most: int, rng: np.random.Generator) -> Ints:
    """Draws lognormal numbers from 1 to ``most`` with a given sum, one of them ``most``."""
    draw = np.exp(rng.standard_normal(count))
    draw[np.argmax(draw)] = np.inf
    low, high = 0.0, float(total)
    for _ in range(60):
        middle = (low + high) / 2
        too_many = np.clip(np.floor(middle * draw), 1, most).sum() > total
        low, high = (low, middle) if too_many else (middle, high)
    degree = np.clip(np.floor(low * draw), 1, most).astype(np.int64)
    while (short := total - int(degree.sum())) > 0 and (degree < most).any():
        room = np.flatnonzero(degree < most)
        degree[rng.permutation(room)[:short]] += 1
    return degree
