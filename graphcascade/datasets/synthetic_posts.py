from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch_geometric.data import InMemoryDataset

from graphcascade.datasets.registry import POST_DATASETS
from graphcascade.simulate import simulate_posts
from graphcascade.simulate.post_arrays import PostPreset

__all__ = ["SyntheticPosts"]


@POST_DATASETS.register("SyntheticPosts")
class SyntheticPosts(InMemoryDataset):
    """A simulated stream of posts with the hierarchy of categories of SMPD; no files are needed.

    ``dataset[0]`` is the :class:`~graphcascade.data.PostStream`. For the "`Improving Social Media Popularity Prediction
    with Multiple Post Dependencies <https://arxiv.org/abs/2307.15413>`_" paper, whose data are not public as a whole;
    see :func:`~graphcascade.simulate.simulate_posts`. Two variants are also registered: ``SyntheticPostsRealistic``,
    the preset ``"realistic"``, and ``SyntheticPostsPlacebo``, whose hierarchy says nothing.

    Args:
        preset: ``"claims"``, in which methods differ clearly, or ``"realistic"``.
        seed: Seed of all random draws.
        num_posts: Number of posts.
        placebo: Whether the parents of the categories are exchanged at random.
        dim: Size of the features of images and of texts.
        transform: Applied to the stream when it is accessed.

    Raises:
        UsageError: The preset is unknown; there are fewer than 100 posts or four features.
    """

    origin = "simulated"
    published_posts = 120_000  # the number of users depends on the seed

    def __init__(
        self,
        preset: PostPreset = "claims",
        seed: int = 0,
        num_posts: int = published_posts,
        placebo: bool = False,
        dim: int = 32,
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(root=None, transform=transform)
        self._data = simulate_posts(preset, num_posts, seed=seed, placebo=placebo, dim=dim)


POST_DATASETS.register("SyntheticPostsRealistic")(partial(SyntheticPosts, "realistic"))
POST_DATASETS.register("SyntheticPostsPlacebo")(partial(SyntheticPosts, placebo=True))
