from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from graphcascade.data import PostStream
from graphcascade.errors import UsageError
from graphcascade.models.popularity.category_groups import category_groups
from graphcascade.models.popularity.fittable_popularity_model import FittablePopularityModel
from graphcascade.models.popularity.post_features import PostFeatures
from graphcascade.models.registry import MODELS

__all__ = ["RidgeRegression"]

PENALTIES = tuple(10.0**power for power in range(-1, 7))
HELD_OUT = 0.1  # last share of the training posts, on which the penalty is chosen
CHUNK = 4096  # posts whose inputs are held at once


@MODELS.register("RidgeRegression")
class RidgeRegression(FittablePopularityModel):
    r"""Linear regression with a penalty on the squares of the weights, in closed form.

    "`Ridge Regression: Biased Estimation for Nonorthogonal Problems <https://doi.org/10.2307/1267351>`_" (Hoerl and
    Kennard, 1970). With inputs :math:`X` and labels :math:`y`, both minus their training means,

    .. math::

        w = (X^\top X + \lambda I)^{-1} X^\top y

    The inputs are the standardised features of image and text, the z-scores of the numbers, indicators of what is
    missing, month, day and hour of the post as one-hot vectors, and an indicator of each category that the post is in,
    of all levels. The identity of the user is no input.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
        image_dim: Size of the features of images; 0 if there are none.
        text_dim: Size of the features of texts; 0 if there are none.
        number_names: Names of the further numbers of the posts.
        crawl_time_names: Those of them that are known only when the data were crawled.
        image: Whether to use images, if there are features of them.
        text: Whether to use texts, if there are features of them.
        category: Whether to use categories, if there are any.
        user: Whether to use the numbers and the date of the post.
        crawl_time: Whether to use the numbers that are known only when the data were crawled.
        penalty: The factor :math:`\lambda`. If ``None``, it is the power of 10 from 0.1 to 10^6 with the lowest mean
            squared error on the last tenth of the training posts, after a fit to the others.

    Raises:
        UsageError: The penalty is not positive; there is no input.
    """

    weight: Tensor
    center: Tensor
    intercept: Tensor
    chosen_penalty: Tensor
    """The penalty of the fit."""

    def __init__(
        self,
        num_users: int,
        num_categories: int = 0,
        image_dim: int = 0,
        text_dim: int = 0,
        number_names: Sequence[str] = (),
        crawl_time_names: Sequence[str] = (),
        image: bool = True,
        text: bool = True,
        category: bool = True,
        user: bool = True,
        crawl_time: bool = True,
        penalty: float | None = None,
    ) -> None:
        super().__init__(num_users, num_categories if category else 0)
        if penalty is not None and not penalty > 0:
            raise UsageError(argument="penalty", value=penalty, reason="must be positive")
        self.penalty = penalty
        left_out = () if crawl_time else tuple(crawl_time_names)
        self.features = PostFeatures(
            image_dim if image else 0,
            text_dim if text else 0,
            [name for name in number_names if user and name not in left_out],
            date=user,
        )
        size = self.features.dim + self.num_categories
        if size == 0:
            raise UsageError("RidgeRegression has no input: use images, texts, categories or users.")
        self.register_buffer("weight", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("center", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("intercept", torch.zeros((), dtype=torch.float64))
        self.register_buffer("chosen_penalty", torch.tensor(torch.nan))

    def _fit(self, train: PostStream) -> None:
        targets, y = train.targets, train.target_y.double()
        self.features.prepare(train)
        split = targets.numel() - max(1, int(HELD_OUT * targets.numel()))
        early = self._sums(train, targets[:split], y[:split])
        if self.penalty is None and split:
            errors = []
            for penalty in PENALTIES:
                self._solve(early, penalty)
                errors.append(float((self._predict(train, targets[split:]) - y[split:]).square().mean()))
            penalty = PENALTIES[min(range(len(errors)), key=errors.__getitem__)]
        else:
            penalty = self.penalty or 1.0
        late = self._sums(train, targets[split:], y[split:])
        self._solve([a + b for a, b in zip(early, late, strict=True)], penalty)
        self.chosen_penalty = torch.tensor(penalty)

    def _sums(self, train: PostStream, posts: Tensor, y: Tensor) -> list[Tensor]:
        """Returns the sums of 1, x, y, x x^T and x y over posts."""
        size = self.weight.numel()
        sums = [torch.zeros(shape, dtype=torch.float64) for shape in ((), (size,), (), (size, size), (size,))]
        for rows, x in self._inputs(train, posts):
            label = y[rows]
            found = (torch.tensor(len(x)), x.sum(0), label.sum(), x.T @ x, x.T @ label)
            for total, value in zip(sums, found, strict=True):
                total += value
        return sums

    def _solve(self, sums: list[Tensor], penalty: float) -> None:
        count, x, y, squares, products = sums
        self.center, self.intercept = x / count, y / count
        gram = squares - torch.outer(x, self.center)
        gram.diagonal().add_(penalty)
        self.weight = torch.linalg.solve(gram, products - x * self.intercept)

    def _predict(self, stream: PostStream, posts: Tensor) -> Tensor:
        result = torch.empty(posts.numel())
        for rows, x in self._inputs(stream, posts):
            result[rows] = ((x - self.center) @ self.weight + self.intercept).float()
        return result

    def _inputs(self, stream: PostStream, posts: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Yields slices of ``posts`` and their inputs, ``[B, D]`` float64."""
        categories = category_groups(self, stream, posts)[0] if self.num_categories else None
        for begin in range(0, posts.numel(), CHUNK):
            rows = slice(begin, begin + CHUNK)
            x = self.features(stream, posts[rows]).double()
            if categories is not None:
                row = categories[posts[rows]]
                is_in = torch.zeros(len(x), self.num_categories + 1, dtype=torch.float64)
                is_in.scatter_(1, torch.where(row < 0, self.num_categories, row), 1.0)
                x = torch.cat([x, is_in[:, :-1]], 1)
            yield rows, x
