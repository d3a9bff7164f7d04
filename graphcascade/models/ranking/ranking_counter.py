from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from graphcascade.data import RetweetNetwork
from graphcascade.errors import UsageError
from graphcascade.models.ranking.ranking_model import MAX_SCORES, RankingModel

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["RankingCounter"]


class RankingCounter(RankingModel):
    """Base class of models that count training retweets; :meth:`fit` takes no epochs and no trainer.

    Args:
        num_users: Number of users.
        num_tweets: Number of tweets.
    """

    retweets: Tensor
    """Training retweets, ``[2, R]``, in rows of users and tweets."""

    def __init__(self, num_users: int, num_tweets: int) -> None:
        super().__init__(num_users, num_tweets)
        self.register_buffer("retweets", torch.empty(2, 0, dtype=torch.long))

    def fit(self, train: RetweetNetwork) -> Self:
        """Counts the retweets of a training part, which the model is then attached to.

        Args:
            train: The training part of a split, or a whole network.

        Returns:
            The model itself.

        Raises:
            UsageError: This is the validation or test part of a split, or does not fit the model.
        """
        self.prepare(train)
        user, tweet = train.supervised
        self.retweets = torch.stack([self.user_rows[user], self.tweet_rows[tweet]])
        return self

    def require_trained(self) -> None:
        if self.user_ids is None:
            raise UsageError(f"{type(self).__name__} was not trained yet: call fit(train) first.")

    def to_network(self, counts: Tensor) -> Tensor:
        """Turns counts of training tweets, ``[B, num_tweets]``, into scores of the network's tweets, ``[B, T]``."""
        padded = torch.cat([counts, counts.new_zeros(counts.size(0), 1)], 1)  # new tweets have 0
        return padded[:, self.tweet_rows]

    def score(self, user: Tensor, tweet: Tensor) -> Tensor:
        users, number = torch.unique(user, return_inverse=True)
        order = torch.argsort(number, stable=True)
        ends = torch.cat([number.new_zeros(1), torch.bincount(number, minlength=users.numel()).cumsum(0)]).tolist()
        result = torch.empty(user.numel())
        size = max(1, MAX_SCORES // self.require_attached().num_tweets)
        for begin in range(0, users.numel(), size):
            end = min(begin + size, users.numel())
            rows = order[ends[begin] : ends[end]]
            result[rows] = self.scores(users[begin:end])[number[rows] - begin, tweet[rows]]
        return result

    def retweet_matrix(self) -> Tensor:
        """Returns the sparse matrix of training retweets, ``[num_users, num_tweets]``."""
        ones = torch.ones(self.retweets.size(1))
        size = (self.num_users, self.num_tweets)
        return torch.sparse_coo_tensor(self.retweets, ones, size, check_invariants=False)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        saved = state_dict.get(prefix + "retweets")  # their number is only known from the state dict
        if saved is not None and saved.dim() == 2:
            self.retweets = torch.empty_like(saved)
        super()._load_from_state_dict(state_dict, prefix, *args)
