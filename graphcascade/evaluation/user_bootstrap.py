"""Figures of predicted popularity, and their intervals by a bootstrap over users.

Consecutive posts of a user are near copies, so posts are not independent: the bootstrap draws users with replacement,
and each with all posts.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

__all__ = ["FIGURES", "UserBootstrap", "measure_popularity"]

FIGURES = ("MAE", "SRC", "RMSE")
MAX_WEIGHTS = 1 << 22  # weights of posts that are held at once; 32 MB


def measure_popularity(prediction: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    r"""Computes mean absolute error, Spearman's rank correlation and root mean squared error.

    The "`DSN <https://arxiv.org/abs/2307.15413>`_" paper, Eq. 22-23, where the correlation is Pearson's of the ranks;
    tied values have their mean rank. It is NaN if all predictions or all labels are equal.

    Args:
        prediction: Predicted labels, ``[N]``.
        target: True labels, ``[N]``.
        weight: How often each post counts, ``[N, R]``, whole numbers; ranks are those among the counted posts. All
            posts count once by default.

    Returns:
        The :data:`FIGURES`, ``[R, 3]`` float64.

    >>> measure_popularity(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([1.0, 3.0, 9.0]))[0]
    tensor([2.0000, 1.0000, 2.9439], dtype=torch.float64)
    """
    prediction, target = prediction.double(), target.double()
    weight = torch.ones(target.numel(), 1, dtype=torch.float64) if weight is None else weight.double()
    count = weight.sum(0)
    error = prediction - target
    absolute, squared = (torch.stack([error.abs(), error.square()]) @ weight).unbind(0)
    first, second = (_centered_ranks(value, weight, count) for value in (prediction, target))
    weighted = weight * first
    spread = ((weighted * first).sum(0) * (weight * second.square()).sum(0)).sqrt()
    correlation = (weighted * second).sum(0) / spread
    correlation[spread <= 1e-12] = torch.nan
    return torch.stack([absolute / count, correlation, (squared / count).sqrt()], 1)


def _centered_ranks(value: Tensor, weight: Tensor, count: Tensor) -> Tensor:
    """The ranks of values ``[N]``, minus their mean, if each value is there ``weight [N, R]`` times, ``[N, R]``.

    Equal values share the mean of their ranks.
    """
    order = torch.argsort(value)
    ordered = value[order]
    total = torch.cat([weight.new_zeros(1, weight.size(1)), weight[order].cumsum(0)])
    below = total[torch.searchsorted(ordered, value)]
    up_to = total[torch.searchsorted(ordered, value, right=True)]
    return (below + up_to - count) / 2  # the mean rank is (count + 1) / 2


class UserBootstrap:
    """Resamples of users, which are the same for all predictions of the same posts.

    Args:
        user: User of each post, ``[N]`` int64.
        resamples: Number of resamples.
        seed: Seed of the draws.
    """

    def __init__(self, user: Tensor, resamples: int = 1000, seed: int = 0) -> None:
        users, self._number = torch.unique(user, return_inverse=True)
        self.num_users = users.numel()
        self.resamples = resamples
        self.seed = seed

    def weights(self) -> Iterator[Tensor]:
        """Yields how often each post is in each of some resamples, ``[N, R]`` float64, ``resamples`` columns in all."""
        generator = torch.Generator().manual_seed(self.seed)
        size = max(1, MAX_WEIGHTS // max(self._number.numel(), self.num_users, 1))
        for begin in range(0, self.resamples, size):
            rows = min(size, self.resamples - begin)
            drawn = torch.randint(self.num_users, (rows, self.num_users), generator=generator)
            drawn += torch.arange(rows).unsqueeze(1) * self.num_users
            count = torch.bincount(drawn.view(-1), minlength=rows * self.num_users).view(rows, -1)
            yield count.double().t().contiguous()[self._number]

    def measure(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Computes the figures in each resample.

        Args:
            prediction: Predicted labels, ``[N]``, or ``[S, N]`` of several models, over which figures are averaged.
            target: True labels, ``[N]``.

        Returns:
            ``[resamples, 3]`` float64; see :func:`measure_popularity`.
        """
        models = prediction.view(-1, target.numel())
        return torch.cat(
            [
                torch.stack([measure_popularity(values, target, weight) for values in models]).mean(0)
                for weight in self.weights()
            ]
        )
