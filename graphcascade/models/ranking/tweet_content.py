from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from graphcascade.errors import UsageError

__all__ = ["Content", "TweetContent", "choose_content"]

Content = Literal["auto", "both", "image", "text", "ids"]


def choose_content(content: Content, image_dim: int, text_dim: int) -> tuple[int, int]:
    """Returns the sizes of the features to use, 0 for those that are not used.

    Raises:
        UsageError: The tweets lack these features.
    """
    image_dim = 0 if content in ("text", "ids") else image_dim
    text_dim = 0 if content in ("image", "ids") else text_dim
    for name, size in (("image", image_dim), ("text", text_dim)):
        if content in (name, "both") and size == 0:
            reason = (
                f"the tweets have no features of their {name}s (x_{name}); add them with --{name}-features of "
                f"'graphcascade fit', or in Python with graphcascade.features.add_{name}_features"
            )
            raise UsageError(argument="content", value=content, reason=reason)
    return image_dim, text_dim


class TweetContent(nn.Module):
    r"""Joint vector of a tweet's image and text.

    From the "`Attentional Image Retweet Modeling via Multi-Faceted Ranking Network Learning
    <https://doi.org/10.24963/ijcai.2018/442>`_" paper (Zhao et al., 2018, Section 2.2):

    .. math::
        z = g(W^{(i)} x + W^{(d)} y), \qquad g(a) = 1.7159 \tanh(2 a / 3)

    Args:
        image_dim: Size of the features of images; 0 leaves them out.
        text_dim: Size of the features of texts; 0 leaves them out.
        dim: Size of the vectors.
    """

    def __init__(self, image_dim: int, text_dim: int, dim: int) -> None:
        super().__init__()
        self.image = nn.Linear(image_dim, dim, bias=False) if image_dim else None
        self.text = nn.Linear(text_dim, dim, bias=False) if text_dim else None

    def forward(self, image: Tensor, text: Tensor) -> Tensor:
        """Returns the vectors of tweets, ``[N, dim]``, from their features ``[N, image_dim]`` and ``[N, text_dim]``."""
        parts = [layer(x) for layer, x in ((self.image, image), (self.text, text)) if layer is not None]
        return 1.7159 * torch.tanh(2 / 3 * sum(parts[1:], parts[0]))
