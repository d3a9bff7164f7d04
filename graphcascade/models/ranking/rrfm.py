from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from graphcascade.errors import UsageError
from graphcascade.models.ranking.factor_model import FactorModel, normal_table
from graphcascade.models.registry import MODELS

__all__ = ["RRFM"]


@MODELS.register("RRFM")
class RRFM(FactorModel):
    r"""Relaxed ranking: retweeted and other tweets of a user are separated by a boundary instead of pair by pair.

    `A Relaxed Ranking-Based Factor Model for Recommender System from Implicit Feedback
    <https://mlanthology.org/ijcai/2016/li2016ijcai-relaxed>`_ (Li et al., 2016). Each user has a boundary
    :math:`t_u`. A score is :math:`s_{ui} = u \cdot v_i - t_u`, and the loss of a triple is a smoothed hinge for each of
    its two tweets,

    .. math::
        p(1 - s_{ui}) + \omega \, p(1 + s_{uk}), \qquad p(x) = \frac{1}{a} \log(1 + e^{a x}).

    So a retweeted tweet should be above the boundary by 1, and another one below it by 1. Some of the others would have
    been retweeted if the user had seen them, so their share :math:`\omega` of the loss may be below 1.

    A new user has the score 0. A new tweet has no vector, so that its score is :math:`-t_u`.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
        dim: Size of the vectors.
        unobserved_weight: :math:`\omega`, the weight of tweets that were not retweeted.
        sharpness: a of the smoothed hinge, which becomes the hinge as a grows.
        std: Standard deviation of the initial vectors.
        regularization: Weight of the squared norms of the three vectors of a triple in its loss.

    Raises:
        UsageError: A number is out of range.

    Deviations from the paper: it states these ideas; its optimisation over groups of users, in turn with single
    feedbacks, is replaced by the training that all models here share.
    """

    def __init__(
        self,
        num_users: int,
        num_tweets: int,
        dim: int = 128,
        unobserved_weight: float = 1.0,
        sharpness: float = 1.0,
        std: float = 0.01,
        regularization: float = 0.0,
    ) -> None:
        super().__init__(num_users, num_tweets, regularization)
        self.check_dim(dim, std)
        for name, value in (("unobserved_weight", unobserved_weight), ("sharpness", sharpness)):
            if not (math.isfinite(value) and value > 0):
                raise UsageError(argument=name, value=value, reason="must be a finite number above 0")
        self.unobserved_weight = unobserved_weight
        self.sharpness = sharpness
        self.user = normal_table(num_users, dim, std)
        self.boundary = nn.Parameter(torch.zeros(num_users, 1))
        self.tweet = normal_table(num_tweets, dim, std)

    def encode_users(self, user: Tensor) -> Tensor:
        row = self.user_rows[user]
        return torch.cat([self.look_up(self.user, row), -self.look_up(self.boundary, row)], 1).unsqueeze(1)

    def encode_tweets(self, tweet: Tensor) -> Tensor:
        vector = self.look_up(self.tweet, self.tweet_rows[tweet])
        return torch.cat([vector, torch.ones_like(vector[:, :1])], 1)

    def preference_loss(self, positive: Tensor, negative: Tensor) -> Tensor:
        first = softplus(self.sharpness * (1 - positive))
        second = softplus(self.sharpness * (1 + negative))
        return (first + self.unobserved_weight * second) / self.sharpness
