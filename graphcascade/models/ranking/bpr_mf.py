from __future__ import annotations

import torch
from torch import Tensor, nn

from graphcascade.models.ranking.factor_model import FactorModel, normal_table
from graphcascade.models.registry import MODELS

__all__ = ["BPRMF"]


@MODELS.register("BPRMF")
class BPRMF(FactorModel):
    r"""Matrix factorisation with Bayesian personalized ranking (BPR-MF; "FAMF" in the AMNL paper).

    `BPR: Bayesian Personalized Ranking from Implicit Feedback <https://arxiv.org/abs/1205.2618>`_ (Rendle et al.,
    2009), Section 4.3.1. A score is :math:`u \cdot v_i`, with a vector for each user and each tweet, and the loss of a
    triple is :math:`-\log \sigma(u \cdot v_i - u \cdot v_k)`.

    A new tweet has the score 0, and so has any tweet for a new user, plus its bias if there are biases.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
        dim: Size of the vectors.
        bias: Whether each tweet has a bias :math:`b_i` that is added to its scores, as in most libraries.
        std: Standard deviation of the initial vectors.
        regularization: Weight of the squared norms of the three vectors of a triple in its loss.

    Raises:
        UsageError: A number is out of range.
    """

    def __init__(
        self,
        num_users: int,
        num_tweets: int,
        dim: int = 128,
        bias: bool = False,
        std: float = 0.01,
        regularization: float = 0.0,
    ) -> None:
        super().__init__(num_users, num_tweets, regularization)
        self.check_dim(dim, std)
        self.user = normal_table(num_users, dim, std)
        self.tweet = normal_table(num_tweets, dim, std)
        self.bias = nn.Parameter(torch.zeros(num_tweets, 1)) if bias else None

    def encode_users(self, user: Tensor) -> Tensor:
        vector = self.look_up(self.user, self.user_rows[user])
        if self.bias is not None:
            vector = torch.cat([vector, torch.ones_like(vector[:, :1])], 1)
        return vector.unsqueeze(1)

    def encode_tweets(self, tweet: Tensor) -> Tensor:
        row = self.tweet_rows[tweet]
        vector = self.look_up(self.tweet, row)
        return vector if self.bias is None else torch.cat([vector, self.look_up(self.bias, row)], 1)
