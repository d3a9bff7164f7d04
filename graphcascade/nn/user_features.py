from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, one_hot

from graphcascade.nn.time_features import FIELD_SIZES, calendar_rows

__all__ = ["UserFeatures"]

FIELDS = ("month", "day", "hour")
LEAST_COUNT = 100  # numbers that are never negative and never above this keep their scale
UNKNOWN_RATE = 0.05  # share of the posts of a training batch whose users are taken as unknown


class UserFeatures(nn.Module):
    r"""Features of the user of a post: a trained vector, numbers, and the date of the post.

    "User features" of the "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper (Zhang et al., 2023, Section 3.6 and Table 1): the vector of the user,
    month, day and hour (UTC) as one-hot vectors, and the z-scores of the numbers, each with an indicator of missing
    values, whose score is 0. Numbers that are never negative in training, and sometimes above 100, are taken as counts,
    and as :math:`\log(1 + x)`: counts such as those of followers have long tails.

    Args:
        num_users: Number of users U. The row U stands for unknown users; it is trained, because the users of 5 % of the
            posts of a training batch are taken as unknown.
        num_numbers: Number of further numbers F.
        uid_dim: Size of the vectors of users; 0 leaves them out.
        std: Standard deviation of the initial vectors.

    Shapes:
        - **input:** users ``[...]`` int64, numbers ``[..., F]`` with NaN for missing ones, Unix seconds ``[...]``
        - **output:** ``[..., dim]``
    """

    mean: Tensor
    inverse_std: Tensor
    is_count: Tensor
    sparse_gradients: bool = False
    """Whether the table of users gets sparse gradients, with the rows of a batch only."""

    def __init__(self, num_users: int, num_numbers: int, uid_dim: int = 32, std: float = 0.1) -> None:
        super().__init__()
        self.num_users = num_users
        self.std = std
        self.uid = nn.Embedding(num_users + 1, uid_dim) if uid_dim else None
        self.register_buffer("mean", torch.zeros(num_numbers))
        self.register_buffer("inverse_std", torch.ones(num_numbers))
        self.register_buffer("is_count", torch.zeros(num_numbers, dtype=torch.bool))
        self.dim = uid_dim + 2 * num_numbers + sum(FIELD_SIZES[name] for name in FIELDS)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new vectors; that of unknown users is zero."""
        if self.uid is not None:
            nn.init.normal_(self.uid.weight, std=self.std)
            with torch.no_grad():
                self.uid.weight[-1].zero_()

    def prepare(self, numbers: Tensor) -> None:
        """Sets mean and standard deviation of the numbers from those of the training posts, ``[N, F]``."""
        there = ~numbers.isnan()
        known = torch.where(there, numbers, 0)
        self.is_count = ((known >= 0).all(0) & (known > LEAST_COUNT).any(0)).to(self.is_count.device)
        numbers = self._take_logarithms(numbers.to(self.mean.device)).to(numbers.device)
        count = there.sum(0).clamp(min=1)
        value = torch.where(there, numbers, 0).double()
        mean = value.sum(0) / count
        std = (torch.where(there, value - mean, 0).square().sum(0) / count).sqrt()
        self.mean = mean.to(self.mean)
        self.inverse_std = torch.where(std > 0, 1 / std, 1.0).to(self.inverse_std)

    def forward(self, user: Tensor, numbers: Tensor, time: Tensor) -> Tensor:
        parts = []
        if self.uid is not None:
            if self.training:
                user = user.masked_fill(torch.rand(user.shape, device=user.device) < UNKNOWN_RATE, self.num_users)
            parts.append(embedding(user, self.uid.weight, sparse=self.sparse_gradients))
        missing = numbers.isnan()
        score = (self._take_logarithms(numbers.to(self.mean.dtype)) - self.mean) * self.inverse_std
        parts += [score.masked_fill(missing, 0), missing.to(score.dtype), self._encode_date(time)]
        return torch.cat(parts, -1)

    def _take_logarithms(self, numbers: Tensor) -> Tensor:
        return torch.where(self.is_count, numbers.clamp(min=0).log1p(), numbers)

    def _encode_date(self, time: Tensor) -> Tensor:
        rows = calendar_rows(time.reshape(-1))
        parts, offset = [], 0
        for number, (name, size) in enumerate(FIELD_SIZES.items()):
            if name in FIELDS:
                parts.append(one_hot(rows[:, number] - offset, size))
            offset += size
        return torch.cat(parts, 1).view(*time.shape, -1).to(self.mean.dtype)

    def extra_repr(self) -> str:
        return f"{self.num_users}, numbers={self.mean.numel()}"
