from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch_geometric.data import InMemoryDataset

from graphcascade.datasets.registry import RETWEET_DATASETS
from graphcascade.simulate import simulate_retweets
from graphcascade.simulate.retweets import Preset

__all__ = ["SyntheticRetweets"]


@RETWEET_DATASETS.register("SyntheticRetweets")
class SyntheticRetweets(InMemoryDataset):
    """A simulated network of retweets with the figures of the AMNL paper's crawl; no files are needed.

    ``dataset[0]`` is the :class:`~graphcascade.data.RetweetNetwork`. From the "`Attentional Image Retweet Modeling via
    Multi-Faceted Ranking Network Learning <https://doi.org/10.24963/ijcai.2018/442>`_" paper, whose crawl is not
    public; see :func:`~graphcascade.simulate.simulate_retweets`. The preset ``"no_social"`` is also registered, as
    ``SyntheticRetweetsNoSocial``.

    Args:
        preset: ``"social"``, or ``"no_social"``, in which followees do not influence a user's taste.
        seed: Seed of all random draws.
        num_users: Number of users.
        num_tweets: Number of tweets.
        transform: Applied to the network when it is accessed.

    Raises:
        UsageError: The preset is unknown; there are fewer than 20 users or tweets.
    """

    origin = "simulated"
    published_users = 9_900  # the number of retweets depends on the seed

    def __init__(
        self,
        preset: Preset = "social",
        seed: int = 0,
        num_users: int = published_users,
        num_tweets: int = 7_193,
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(root=None, transform=transform)
        self._data = simulate_retweets(preset, num_users, num_tweets, seed)


RETWEET_DATASETS.register("SyntheticRetweetsNoSocial")(partial(SyntheticRetweets, "no_social"))
