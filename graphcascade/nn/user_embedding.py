from __future__ import annotations

import torch
from torch import Tensor, nn

from graphcascade.errors import UsageError

__all__ = ["UserEmbedding"]


class UserEmbedding(nn.Module):
    """A trained vector for each user.

    Users that training has not seen share one unknown row, which is zero and stays so.

    Args:
        num_users: Number of users ``U``.
        dim: Size ``d`` of the vectors.
        std: Standard deviation of the normal distribution that they start from.
    """

    seen: Tensor
    uses_source = False
    """Whether a user's vector depends on the source of the cascade."""

    def __init__(self, num_users: int, dim: int, std: float = 0.1) -> None:
        super().__init__()
        self.num_users = num_users
        self.dim = dim
        self.std = std
        self.weight = nn.Parameter(torch.empty(num_users + 1, dim))
        self.register_buffer("seen", torch.ones(num_users, dtype=torch.bool))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the vectors anew."""
        nn.init.normal_(self.weight, std=self.std)
        with torch.no_grad():
            self.weight[self.num_users] = 0

    def set_seen(self, seen: Tensor) -> None:
        """Tells which users training sees, ``[U]`` bool; the others get the unknown row."""
        self.seen.copy_(seen)

    def set_sources(self, is_source: Tensor) -> None:
        """Tells which users are sources of training cascades, ``[U]`` bool, to embeddings that look at the source."""

    def drop_sources(self, source: Tensor) -> Tensor:
        """Sources of cascades, ``[B]``, those in training perhaps replaced by ``num_users``, which is nobody."""
        return source

    def check_size(self, num_users: int, dim: int) -> None:
        """Refuses an embedding that does not fit a model.

        Raises:
            UsageError: Other users, or vectors of another size.
        """
        if (self.num_users, self.dim) != (num_users, dim):
            raise UsageError(
                f"the embedding gives {self.num_users:,} users vectors of size {self.dim}, the model has "
                f"{num_users:,} users and dim={dim}: make them equal."
            )

    def forward(self, user: Tensor, source: Tensor | None = None) -> Tensor:
        """Vectors ``[E, d]`` of the users ``[E]``; ``source`` is for embeddings that look at the cascade's source.

        Numbers from ``num_users`` on stand for users that the model does not know.
        """
        known = self.seen[user.clamp(max=self.num_users - 1)] & (user < self.num_users)
        row = torch.where(known, user, self.num_users)
        return nn.functional.embedding(row, self.weight, padding_idx=self.num_users)

    def extra_repr(self) -> str:
        return f"{self.num_users}, {self.dim}"
