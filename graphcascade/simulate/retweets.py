"""Simulated networks of retweets with the statistics of the AMNL paper's crawl, which is not public."""

from __future__ import annotations

import logging
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from graphcascade.data import RetweetNetwork
from graphcascade.data.retweets.schema import TWEET, USER
from graphcascade.data.seed import check_seed
from graphcascade.errors import UsageError
from graphcascade.simulate.retweet_choices import choose_retweets
from graphcascade.simulate.retweet_follows import draw_follows
from graphcascade.simulate.tweet_texts import draw_texts
from graphcascade.value_types import check_numbers

__all__ = ["PRESETS", "simulate_retweets", "true_scores"]

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Preset = Literal["social", "no_social"]


class SocialSignal(NamedTuple):
    """How strongly followees matter.

    Args:
        homophily: h, the share of a user's taste that the community gives.
        influence: lambda, the share of the effective taste that followees give.
    """

    homophily: float
    influence: float


PRESETS = {"social": SocialSignal(0.5, 0.8), "no_social": SocialSignal(0.0, 0.0)}
"""Presets of :func:`simulate_retweets`."""

# Of 9,900 users in the paper, 29,501 / 6.2 = 4,758 follow somebody, and 12.2 * 7,193 / 9.1 = 9,643 retweet.
FOLLOWER_SHARE, LINKS_PER_USER, RETWEETING_SHARE = 4_758 / 9_900, 29_501 / 9_900, 9_643 / 9_900
MEAN_FURTHER_RETWEETS, DISPERSION = 8.1, 0.4  # of the negative binomial distribution of a user's retweets after one
COMMUNITIES = 40
IMAGE_DIMS = TEXT_DIMS = 16
DIMS = IMAGE_DIMS + TEXT_DIMS
VISIBILITY = 1.2  # standard deviation of its logarithm
ATTENTION = 1.0  # kappa
AUTHOR_SHARE = 0.3  # of a tweet's content
SHARPNESS = 4.0  # of choices
HORIZON = 30 * 86_400.0  # seconds
QUIET_SHARE = 0.05  # of the horizon, in which tweets are posted before the first retweet
IMAGE_FEATURES = 128


@check_numbers
def simulate_retweets(
    preset: Preset = "social",
    num_users: int = 9_900,
    num_tweets: int = 7_193,
    seed: int = 0,
    name: str | None = None,
) -> RetweetNetwork:
    r"""Simulates users who retweet what suits their taste and, with the preset "social", that of their followees.

    The crawl of the "`Attentional Image Retweet Modeling via Multi-Faceted Ranking Network Learning
    <https://doi.org/10.24963/ijcai.2018/442>`_" paper is not public. At the default size, the simulated network has its
    figures (Section 3.1): 9,900 users, 7,193 tweets, 29,501 links, 6.2 followees per follower, 162 at most, 12.2
    retweets per tweet, 9.1 per retweeting user, and texts of 9.1 words, standard deviation 5.4. All else is ours:

    - *Tastes*: :math:`t_u = \sqrt h \mu_{c(u)} + \sqrt{1-h}\,\epsilon` in 32 dimensions (16 for images, 16 for texts),
      for one of 40 communities.
    - *Links*: followees come from the own community with probability .8, in proportion to their visibility.
    - *Tweets*: authors are drawn by visibility; the content is :math:`z = \sqrt{.3}\,t_\mathrm{author} +
      \sqrt{.7}\,\epsilon`.
    - *Effective taste*: with :math:`\alpha_{uq} = \mathrm{softmax}_q(\iota_q + t_u \cdot t_q / \sqrt{32})` over the
      followees, :math:`e_u = \sqrt{1-\lambda}\,t_u/|t_u| + \sqrt\lambda\,(\sum_q \alpha_{uq} t_q)/|\cdot|`, normalised.
    - *Retweets*, in the order of time: with probability .9 among the newest 100 tweets that followees passed on,
      otherwise among 20 random and 10 trending ones, the tweet with the highest :math:`4\,e_u \cdot z` plus a Gumbel
      variable. The number per user is one plus a negative binomial variable with a heavy tail.
    - *Images*: features :math:`A z_\mathrm{image}/4 + \epsilon` (``x_image``); for files, see
      :func:`write_tweet_images`. *Texts*: words with :math:`P(w) \propto \mathrm{rank}_w^{-.7}
      \exp(\omega_w \cdot z_\mathrm{text})`.

    Retweets are simulated 256 at a time; those of one such block do not see each other.

    Args:
        preset: ``"social"``: h = .5 and lambda = .8. ``"no_social"``: h = lambda = 0, so that followees do not
            influence a user's taste, and a social model should gain nothing.
        num_users: Number of users; links and retweets grow in proportion.
        num_tweets: Number of tweets.
        seed: Seed of all random draws.
        name: Name of the network in reports.

    Returns:
        A network with times in seconds. The true tastes and contents are ``network["user"].true_taste`` and
        ``network["tweet"].true_content``, for :func:`true_scores`; models must not use them.

    Raises:
        UsageError: The preset is unknown; there are fewer than 20 users or tweets.
    """
    if preset not in PRESETS:
        raise UsageError(argument="preset", value=preset, reason="use 'social' or 'no_social'")
    for argument, value in (("num_users", num_users), ("num_tweets", num_tweets)):
        if value < 20:
            raise UsageError(argument=argument, value=value, reason="must be at least 20")
    check_seed(seed)
    signal = PRESETS[preset]
    rng = np.random.default_rng(seed)
    community = rng.integers(COMMUNITIES, size=num_users)
    taste = np.sqrt(signal.homophily) * rng.standard_normal((COMMUNITIES, DIMS))[community]
    taste += np.sqrt(1 - signal.homophily) * rng.standard_normal((num_users, DIMS))
    visibility = np.exp(VISIBILITY * rng.standard_normal(num_users))
    influence = rng.standard_normal(num_users)
    follower, followee = draw_follows(
        community, visibility, round(FOLLOWER_SHARE * num_users), round(LINKS_PER_USER * num_users), rng
    )
    author = rng.choice(num_users, size=num_tweets, p=visibility / visibility.sum())
    post_time = np.sort(rng.uniform(0, HORIZON, num_tweets))
    content = np.sqrt(AUTHOR_SHARE) * taste[author] + np.sqrt(1 - AUTHOR_SHARE) * rng.standard_normal(
        (num_tweets, DIMS)
    )
    effective = _effective_taste(taste, influence, follower, followee, signal.influence)
    user, time = _draw_events(num_users, num_tweets, rng)
    tweet = choose_retweets(user, time, follower, followee, author, post_time, SHARPNESS * effective, content, rng)
    chosen = tweet >= 0
    if not chosen.all():
        logger.warning(
            "%s: left out %s of %s retweets, because their users had no tweet left to choose.",
            name or preset,
            f"{int((~chosen).sum()):,}",
            f"{chosen.size:,}",
        )
    loadings = rng.standard_normal((IMAGE_FEATURES, IMAGE_DIMS))
    image = content[:, :IMAGE_DIMS] @ loadings.T / 4 + rng.standard_normal((num_tweets, IMAGE_FEATURES))
    network = RetweetNetwork(
        follows=torch.from_numpy(np.stack([follower, followee])),
        posts=torch.from_numpy(np.stack([author, np.arange(num_tweets)])),
        retweets=torch.from_numpy(np.stack([user, tweet])[:, chosen]),
        num_users=num_users,
        num_tweets=num_tweets,
        post_time=torch.from_numpy(post_time),
        retweet_time=torch.from_numpy(time[chosen]),
        text=draw_texts(content[:, IMAGE_DIMS:], rng),
        x_image=torch.from_numpy(image.astype(np.float32)),
        time_unit="s",
        name=name or f"simulated retweets, {preset}",
    )
    network[USER].true_taste = torch.from_numpy((SHARPNESS * effective).astype(np.float32))
    network[TWEET].true_content = torch.from_numpy(content.astype(np.float32))
    return network


def true_scores(network: RetweetNetwork, user: Tensor, tweet: Tensor) -> Tensor:
    """Returns the scores by which users of a simulated network chose among the tweets that they saw.

    They do not say which tweets these were; see :class:`~graphcascade.models.ranking.TrueScores`.

    Args:
        network: A network from :func:`simulate_retweets`.
        user: Users, ``[E]`` int64.
        tweet: Tweets, ``[E]`` int64.

    Returns:
        :math:`4 e_u \\cdot z`, ``[E]`` float32.

    Raises:
        UsageError: The network is not simulated.
    """
    taste, content = network[USER].get("true_taste"), network[TWEET].get("true_content")
    if taste is None or content is None:
        raise UsageError(f"{network.name}: true scores are known for simulated networks only.")
    scores: Tensor = (taste[user] * content[tweet]).sum(1)
    return scores


def _effective_taste(taste: Floats, influence: Floats, follower: Ints, followee: Ints, share: float) -> Floats:
    own = _unit(taste)
    if share == 0 or follower.size == 0:
        return own
    ids, start = np.unique(follower, return_index=True)  # links are sorted by follower
    size = np.diff(np.append(start, follower.size))
    logit = ATTENTION * (influence[followee] + (taste[follower] * taste[followee]).sum(1) / np.sqrt(taste.shape[1]))
    weight = np.exp(logit - np.maximum.reduceat(logit, start).repeat(size))
    weight /= np.add.reduceat(weight, start).repeat(size)
    social = np.add.reduceat(weight[:, None] * taste[followee], start)
    effective = own.copy()
    effective[ids] = _unit(np.sqrt(1 - share) * own[ids] + np.sqrt(share) * _unit(social))
    return effective


def _draw_events(num_users: int, num_tweets: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Draws who retweets, and when, in the order of time."""
    retweeting = rng.permutation(num_users)[: round(RETWEETING_SHARE * num_users)]
    success = DISPERSION / (DISPERSION + MEAN_FURTHER_RETWEETS)
    count = 1 + rng.negative_binomial(DISPERSION, success, retweeting.size)
    user = retweeting.repeat(np.minimum(count, max(num_tweets // 4, 1)))
    time = rng.uniform(QUIET_SHARE * HORIZON, HORIZON, user.size)
    order = np.argsort(time, kind="stable")
    return user[order], time[order]


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
