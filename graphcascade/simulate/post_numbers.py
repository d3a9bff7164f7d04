from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["CRAWL_TIME_NAMES", "NUMBER_NAMES", "draw_numbers"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

USER_NAMES = ("is_public", "is_pro", "latitude", "longitude", "geo_accuracy")
CRAWL_TIME_NAMES = (
    "total_views",
    "total_tags",
    "total_geotagged",
    "total_faves",
    "total_in_group",
    "photo_count",
    "followers",
    "following",
)
NUMBER_NAMES = USER_NAMES + CRAWL_TIME_NAMES
"""Fields of SMPD's files, as :func:`~graphcascade.io.read_posts` names them."""

PLACE_SHARE = 0.3  # of the posts that say where the picture was taken
PRO_THRESHOLD = 0.5  # of a value with the standard deviation 1: 31 % of the users are above it
# Median of a user's count, standard deviation of its logarithm, and correlation of that with the user's popularity.
COUNTS = {
    "total_views": (200_000, 2.0, 0.6),
    "total_tags": (5_000, 2.0, 0.2),
    "total_geotagged": (300, 2.0, 0.0),
    "total_faves": (2_000, 2.0, 0.5),
    "total_in_group": (500, 2.0, 0.4),
    "photo_count": (1_500, 1.5, 0.0),
    "followers": (150, 1.5, 0.6),
    "following": (100, 1.5, 0.2),
}


def draw_numbers(user: Ints, popularity: Floats, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Draws the numbers of each post that SMPD has: of the user, of the place, and counts at the time of the crawl.

    Args:
        user: User of each post, ``[N]``.
        popularity: How popular each user is, ``[U]``, with the standard deviation 1.
        rng: Random generator.

    Returns:
        Numbers, ``[N, F]``, in the order of :data:`NUMBER_NAMES`; NaN where there is no place.
    """
    num_posts, num_users = user.size, popularity.size
    is_pro = _correlated(popularity, 0.3, rng) > PRO_THRESHOLD
    home = np.stack([rng.normal(35, 15, num_users).clip(-80, 80), rng.uniform(-180, 180, num_users)])
    place = (home[:, user] + rng.normal(0, 0.1, (2, num_posts))).round(6)
    located = rng.random(num_posts) < PLACE_SHARE
    columns = [
        (rng.random(num_posts) < 0.99).astype(float),
        is_pro[user].astype(float),
        np.where(located, place[0], np.nan),
        np.where(located, place[1], np.nan),
        np.where(located, rng.integers(10, 17, num_posts), 0),
    ]
    for name in CRAWL_TIME_NAMES:
        median, spread, correlation = COUNTS[name]
        count = np.floor(median * np.exp(spread * _correlated(popularity, correlation, rng)))
        columns.append(count[user])
    return np.stack(columns, axis=1).astype(np.float32)


def _correlated(values: Floats, correlation: float, rng: np.random.Generator) -> Floats:
    """Returns values with the standard deviation 1 and this correlation with the given ones."""
    result: Floats = correlation * values + np.sqrt(1 - correlation**2) * rng.standard_normal(values.size)
    return result
