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
MAX_WEIGHTS = 1 << 17  # weights of posts that are held at once; 1 MB, so that they stay in the cache


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
    post = torch.arange(target.numel())
    weight = torch.ones(1, target.numel()) if weight is None else weight.t()
    return _Figures(prediction, target, post).measure(weight.double().contiguous())


class _Figures:
    """The figures of predictions of posts, which are sorted once for all weights of the owners of the posts.

    Args:
        prediction: Predicted labels, ``[N]``.
        target: True labels, ``[N]``.
        owner: Number of the owner of each post, ``[N]`` int64, below U.
    """

    def __init__(self, prediction: Tensor, target: Tensor, owner: Tensor) -> None:
        prediction, target = prediction.double(), target.double()
        error = prediction - target
        self.sums = torch.stack([torch.bincount(owner, each) for each in (error.abs(), error.square())])
        self.first, self.second = (_Ranks(value, owner) for value in (prediction, target))
        place = torch.empty_like(owner)
        place[self.first.order] = torch.arange(owner.numel())
        self.place = place[self.second.order]  # of the posts by their labels, among the posts by their predictions

    def measure(self, weight: Tensor) -> Tensor:
        """Computes the figures ``[R, 3]`` for whole numbers ``weight [R, U]`` of how often each owner counts."""
        first, weight_first = self.first(weight)
        second, weight_second = self.second(weight)
        count = weight_second.sum(1)
        absolute, squared = (self.sums @ weight.t()).unbind(0)
        spread = (_dot(weight_first * first, first) * _dot(weight_second * second, second)).sqrt()
        correlation = _dot(weight_second * second, _columns(first, self.place)) / spread
        correlation[spread <= 1e-12] = torch.nan
        return torch.stack([absolute / count, correlation, (squared / count).sqrt()], 1)


class _Ranks:
    """Ranks of values ``[N]`` for given weights of their owners; equal values share the mean of their ranks."""

    def __init__(self, value: Tensor, owner: Tensor) -> None:
        self.order = torch.argsort(value)
        ordered = value[self.order]
        self.owner = owner[self.order]
        self.begin = torch.searchsorted(ordered, ordered)
        self.end = torch.searchsorted(ordered, ordered, right=True)

    def __call__(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the ranks minus their mean and the weights of the values in ascending order, ``[R, N]`` each."""
        ordered = _columns(weight, self.owner)
        total = weight.new_zeros(ordered.size(0), ordered.size(1) + 1)
        torch.cumsum(ordered, 1, out=total[:, 1:])
        rank = _columns(total, self.begin) + _columns(total, self.end)
        return (rank - total[:, -1:]) / 2, ordered  # the mean rank is (number of posts + 1) / 2


def _columns(x: Tensor, index: Tensor) -> Tensor:
    """Returns some columns of a table; gather is faster than index_select along the last axis."""
    return x.gather(1, index.expand(x.size(0), -1))


def _dot(first: Tensor, second: Tensor) -> Tensor:
    return (first * second).sum(1)


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

    def counts(self) -> Iterator[Tensor]:
        """Yields how often each user is in each of some resamples, ``[R, U]`` float64, ``resamples`` rows in all."""
        generator = torch.Generator().manual_seed(self.seed)
        size = max(1, MAX_WEIGHTS // max(self._number.numel(), 1))
        for begin in range(0, self.resamples, size):
            rows = min(size, self.resamples - begin)
            drawn = torch.randint(self.num_users, (rows, self.num_users), generator=generator)
            drawn += torch.arange(rows).unsqueeze(1) * self.num_users
            yield torch.bincount(drawn.view(-1), minlength=rows * self.num_users).view(rows, -1).double()

    def mean(self, value: Tensor) -> Tensor:
        """Averages a value of each post, ``[N]``, over the posts of each resample, ``[resamples]`` float64."""
        total, number = torch.bincount(self._number, value.double()), torch.bincount(self._number).double()
        return torch.cat([(count @ total) / (count @ number) for count in self.counts()])

    def measure(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Computes the figures in each resample.

        Args:
            prediction: Predicted labels, ``[N]``, or ``[S, N]`` of several models, over which figures are averaged.
            target: True labels, ``[N]``.

        Returns:
            ``[resamples, 3]`` float64; see :func:`measure_popularity`.
        """
        models = [_Figures(each, target, self._number) for each in prediction.view(-1, target.numel())]
        return torch.cat([torch.stack([each.measure(count) for each in models]).mean(0) for count in self.counts()])
