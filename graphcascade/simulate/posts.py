"""Simulated streams of posts with the sizes of SMPD, whose contents are not public."""

from __future__ import annotations

import numpy as np
import torch

from graphcascade.data import PostStream
from graphcascade.data.seed import check_seed
from graphcascade.errors import UsageError
from graphcascade.simulate.post_arrays import LEVELS, POST_PRESETS, PostPreset, draw_posts
from graphcascade.simulate.post_numbers import CRAWL_TIME_NAMES, NUMBER_NAMES
from graphcascade.simulate.tweet_texts import draw_texts
from graphcascade.transforms import ExchangeParents
from graphcascade.value_types import check_numbers

__all__ = ["simulate_posts"]

LEVEL_NAMES = ("category", "subcategory", "concept")
MIN_POSTS, MIN_DIM = 100, 4
TEXT_DIMS = 32  # vectors of texts are scaled so that words differ between texts as if they had this size


@check_numbers
def simulate_posts(
    preset: PostPreset = "claims",
    num_posts: int = 120_000,
    num_users: int | None = None,
    seed: int = 0,
    placebo: bool = False,
    dim: int = 32,
    texts: bool = False,
    name: str | None = None,
) -> PostStream:
    r"""Simulates posts whose popularity depends on the user, the category, the content and the posts before.

    The contents of SMPD, on which the "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper tests DSN, are not public. The simulated posts have its hierarchy of 11
    categories, 77 subcategories and 668 concepts, and labels with its mean of 6.4. All else is ours:

    - *Stream*: 15 % of the posts continue the upload of the post before: the same user and concept, and a similar
      content (correlation .9). Of the others, 45 % are by a user who posted 12 posts ago on average, 70 % of these with
      the same concept. The rest are by users drawn from a heavy-tailed (Pareto) distribution. Half of the rest are in
      the currently hot subcategory, which changes with probability 1/40 per post; all others in one of the three
      favourite subcategories of the user.
    - *Content*: :math:`x, w \sim N(0, I)`. The features are :math:`v = x + 3 U^2_\mathrm{sub} + 2 U^3_\mathrm{concept}`
      of the image and :math:`t = w + 2 U^2 + 3 U^3` of the text with unit vectors :math:`U`, plus a direction that all
      posts share, in half precision.
    - *Score*, with unit vectors :math:`r, q, d`, and :math:`z` for standardisation:

      .. math::
          s = 6.4 &+ 1.3\,a_u + g_c (.6\,e_1 + .7\,e_2) + .5\,e_3
          + .55\,z(\tanh(x \cdot r_0) + .5\,|x \cdot r_1|) + .75\,z(x \cdot r_\mathrm{category}) \\
          &+ .55\,z(w \cdot q_0 + .5\,(w \cdot q_1)^2) + .3\,z((v \cdot d_1)(t \cdot d_2))
          + .9\,\lambda_\mathrm{category}\,z(b) \\
          &+ .25\,\mathrm{clock} + .2\,\mathrm{drift}_\mathrm{sub} + .3\,\mathrm{trend} + \epsilon.

      User and category effects :math:`a, e_1, e_2, e_3` are normal; :math:`g_c` is 1 for 65 % of the concepts;
      :math:`\lambda \sim U(.5, 1.5)`; :math:`b_i = \sum_{k=1}^{7} .85^{k-1} [\mathrm{sub}_{i-k} = \mathrm{sub}_i]`; the
      clock is a wave over the day; the drift of a subcategory forgets within 400 posts; the trend is autoregressive
      (.997). The noise :math:`\epsilon` of neighbours in an upload correlates with .8.
    - *Label*: :math:`\log_2(1 + k)` for a whole number of views :math:`k \ge 1`, next to :math:`2^s - 1`.
    - *Numbers*: fields of SMPD's files. The counts of views, favourites and followers at the time of the crawl
      correlate with :math:`a_u`.

    Args:
        preset: ``"claims"``: the equation above; methods differ clearly. ``"realistic"``: 1.6 for users, .65 instead of
            .9, 1.25 times the noise, and half as many posts per user; most methods are equally good.
        num_posts: Number of posts.
        num_users: Number of users to draw from, of whom some never post and are left out; by default, one for 16 posts
            ("claims") or 8 posts ("realistic").
        seed: Seed of all random draws.
        placebo: Whether parents are exchanged at random between subcategories, and between concepts, after the labels
            are drawn, so that the hierarchy says nothing. All else is as without it.
        dim: Size of the features of images and of texts.
        texts: Whether to draw texts of about nine words, which depend on the features, and titles: about 15 seconds for
            120,000 posts. For images, see :func:`write_post_images`.
        name: Name of the stream in reports.

    Returns:
        A stream with times in seconds. ``stream["post"].true_mean`` is the score without the noise, at least 1, which
        is the median of the label; models must not use it.

    Raises:
        UsageError: The preset is unknown; there are fewer than 100 posts, one user or four features.
    """
    if preset not in POST_PRESETS:
        raise UsageError(argument="preset", value=preset, reason="use 'claims' or 'realistic'")
    signal = POST_PRESETS[preset]
    if num_users is None:
        num_users = max(num_posts // signal.posts_per_user, 1)
    for argument, value, least in (
        ("num_posts", num_posts, MIN_POSTS),
        ("num_users", num_users, 1),
        ("dim", dim, MIN_DIM),
    ):
        if value < least:
            raise UsageError(argument=argument, value=value, reason=f"must be at least {least}")
    check_seed(seed)
    posts = draw_posts(signal, num_posts, num_users, dim, seed)
    views = np.maximum(np.round(np.exp2(posts.score) - 1), 1)
    category_ids = np.array(
        [f"{level} {number}" for level, size in zip(LEVEL_NAMES, LEVELS, strict=True) for number in range(size)],
        dtype=object,
    )
    category = posts.authors.concept + LEVELS[0] + LEVELS[1]
    rng = np.random.default_rng([seed, 1])
    text = title = None
    if texts:
        text = draw_texts((posts.text - posts.text.mean(0)) * np.sqrt(TEXT_DIMS / dim), rng)
        title = category_ids[category]
    stream = PostStream(
        time=torch.from_numpy(posts.time.astype(np.float64)),
        user=torch.from_numpy(posts.authors.user),
        y=torch.from_numpy(np.log2(1 + views).astype(np.float32)),
        category=torch.from_numpy(category),
        parent=torch.from_numpy(posts.parent),
        category_ids=category_ids,
        text=text,
        title=title,
        x_image=torch.from_numpy(posts.image.astype(np.float16)),
        x_text=torch.from_numpy(posts.text.astype(np.float16)),
        numbers=torch.from_numpy(posts.numbers),
        number_names=NUMBER_NAMES,
        crawl_time_names=CRAWL_TIME_NAMES,
        true_mean=torch.from_numpy(np.maximum(posts.expected, 1).astype(np.float32)),
        time_unit="s",
        name=name or f"simulated posts, {preset}{', placebo' if placebo else ''}",
    )
    return ExchangeParents(seed)(stream) if placebo else stream
