from __future__ import annotations

import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.models.popularity.popularity_model import PopularityModel

__all__ = ["category_groups"]


def category_groups(model: PopularityModel, stream: PostStream, posts: Tensor) -> tuple[Tensor, Tensor]:
    """Finds the categories of all posts of a stream at each level.

    Args:
        model: A model that remembers its training.
        stream: The stream.
        posts: Posts to predict, ``[M]``, whose new categories a warning counts.

    Returns:
        The row of each post's category in the model at each level, from the coarsest to the finest,
        ``[num_posts, depth]`` int64, and its number in the stream; -1 for none.
    """
    row = torch.cat([model.match_categories(stream, posts), torch.tensor([-1])])
    ancestors = torch.cat([stream.ancestors, torch.full((1, stream.depth), -1)])
    group = ancestors[stream.category]  # -1, for a post without a category, is the last row
    return row[group], group
