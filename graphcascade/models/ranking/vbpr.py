from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, pad

from graphcascade.data import RetweetNetwork
from graphcascade.errors import UsageError
from graphcascade.models.ranking.factor_model import FactorModel, normal_table
from graphcascade.models.registry import MODELS

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["VBPR"]


@MODELS.register("VBPR")
class VBPR(FactorModel):
    r"""Visual Bayesian personalized ranking; needs features of images (--image-features of ``graphcascade fit``).

    `VBPR: Visual Bayesian Personalized Ranking from Implicit Feedback <https://arxiv.org/abs/1510.01784>`_ (He and
    McAuley, 2016), Eq. 4 and 6. With the features :math:`x_i` of a tweet's image, a score is

    .. math::
        b_i + \gamma_u \cdot \gamma_i + \theta_u \cdot (E x_i) + \beta \cdot x_i,

    without the terms that are the same for all tweets of a user. A new tweet is ranked by its features, a new user by
    the terms that do not depend on the user.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
        dim: Size of :math:`\gamma`.
        visual_dim: Size of :math:`\theta`.
        std: Standard deviation of the initial vectors.
        regularization: Weight of the squared norms of the three vectors of a triple in its loss.
        image_dim: Size of the features of images, from the data.

    Raises:
        UsageError: A number is out of range; the tweets have no features of images.

    Deviations from the paper: the penalty is on the vectors that are multiplied, :math:`E x_i` and the sum of the
    biases among them, instead of on E and :math:`\beta`.
    """

    def __init__(
        self,
        num_users: int,
        num_tweets: int,
        dim: int = 64,
        visual_dim: int = 64,
        std: float = 0.01,
        regularization: float = 0.0,
        image_dim: int = 0,
    ) -> None:
        super().__init__(num_users, num_tweets, regularization)
        self.check_dim(dim, std)
        if visual_dim < 1:
            raise UsageError(argument="visual_dim", value=visual_dim, reason="must be at least 1")
        if image_dim < 1:
            raise UsageError(
                "VBPR ranks by features of images, and the tweets have none (x_image). If they have image files, "
                "add features with --image-features of 'graphcascade fit', or in Python with "
                "graphcascade.features.add_image_features; otherwise use BPRMF."
            )
        self.user = normal_table(num_users, dim + visual_dim, std)
        self.tweet = normal_table(num_tweets, dim, std)
        self.bias = nn.Parameter(torch.zeros(num_tweets, 1))
        self.image = nn.Linear(image_dim, visual_dim, bias=False)
        self.image_bias = nn.Linear(image_dim, 1, bias=False)

    def encode_users(self, user: Tensor) -> Tensor:
        vector = self.look_up(self.user, self.user_rows[user])
        return torch.cat([vector, torch.ones_like(vector[:, :1])], 1).unsqueeze(1)

    def encode_tweets(self, tweet: Tensor) -> Tensor:
        row, x = self.tweet_rows.index_select(0, tweet), self.x_image.index_select(0, tweet)
        image = linear(x, torch.cat([self.image.weight, self.image_bias.weight]))  # one product for both
        bias = pad(self.look_up(self.bias, row), (self.image.out_features, 0))
        return torch.cat([self.look_up(self.tweet, row), image + bias], 1)

    def attach(self, network: RetweetNetwork) -> Self:
        super().attach(network)
        if self.x_image.size(1) != self.image.in_features:
            raise UsageError(
                f"{network.name}: the model ranks tweets by features x_image of size {self.image.in_features}; these "
                f"tweets have {self.x_image.size(1) or 'none'}."
            )
        return self
