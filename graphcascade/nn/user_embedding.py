from __future__ import annotations

import torch
from torch import Tensor, nn

from graphcascade.configured import Configured
from graphcascade.data import CascadeDataset
from graphcascade.errors import UsageError
from graphcascade.registry import Registry

__all__ = ["EMBEDDINGS", "UserEmbedding"]

EMBEDDINGS: Registry[type[UserEmbedding]] = Registry("embedding")
"""Embeddings by name: those that can be saved with a model."""


@EMBEDDINGS.register("UserEmbedding")
class UserEmbedding(Configured, nn.Module):
    """A trained vector for each user.

    Users that do not occur in the training cascades share one row for unknown users, which is always zero.

    A subclass that is registered in :data:`EMBEDDINGS` is saved with a model and made again from the arguments of its
    constructor, which must be plain values, such as numbers, texts and lists.

    Args:
        num_users: Number of users ``U``.
        dim: Size ``d`` of the vectors.
        std: Standard deviation of the initial vectors, which are normally distributed.
    """

    seen: Tensor
    uses_source = False
    """Whether a user's vector depends on the source of the cascade."""
    sparse_gradients: bool = False
    """Whether tables of vectors get sparse gradients, with the rows of a batch only."""

    @property
    def scores_users(self) -> bool:
        """Whether next users are scored by :meth:`scoring_vectors`, too, and not only by weights of their own."""
        return False

    def __init__(self, num_users: int, dim: int, std: float = 0.1) -> None:
        super().__init__()
        self.num_users = num_users
        self.dim = dim
        self.std = std
        self.weight = nn.Parameter(torch.empty(num_users + 1, dim))
        self.register_buffer("seen", torch.ones(num_users, dtype=torch.bool))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Reinitializes the vectors."""
        nn.init.normal_(self.weight, std=self.std)
        with torch.no_grad():
            self.weight[self.num_users] = 0

    def set_seen(self, seen: Tensor) -> None:
        """Sets which users occur in the training cascades, ``[U]`` bool; the others get the row for unknown users."""
        self.seen.copy_(seen)

    def set_sources(self, is_source: Tensor) -> None:
        """Sets which users are sources of training cascades, ``[U]`` bool; for embeddings that depend on the source."""

    def prepare(self, train: CascadeDataset) -> None:
        """Sets whatever else depends on the training cascades; for embeddings that have such a thing."""

    def scoring_vectors(self) -> tuple[Tensor, Tensor]:
        """Returns vectors by which next users are scored, if :attr:`scores_users` is true.

        Returns:
            The vectors of all users, ``[U, d]``; and which users are scored by weights of their own, too, ``[U]`` bool.
        """
        raise NotImplementedError

    def drop_sources(self, source: Tensor) -> Tensor:
        """Returns the sources ``[B]``; in training some may be replaced by ``num_users``, an unknown user."""
        return source

    def check_size(self, num_users: int, dim: int) -> None:
        """Raises an error if the embedding does not fit a model.

        Raises:
            UsageError: The number of users or the size of the vectors differs.
        """
        if (self.num_users, self.dim) != (num_users, dim):
            raise UsageError(
                argument="embedding",
                reason=f"has {self.num_users:,} users and vectors of size {self.dim}, must have those of the model, "
                f"{num_users:,} and dim={dim}",
            )

    def forward(self, user: Tensor, source: Tensor | None = None) -> Tensor:
        """Returns the vectors ``[E, d]`` of the users ``[E]``.

        Args:
            user: Users, ``[E]`` int64; numbers from ``num_users`` on are unknown users.
            source: Source of the cascade of each event, ``[E]``, for embeddings that depend on it.
        """
        known = self.seen[user.clamp(max=self.num_users - 1)] & (user < self.num_users)
        row = torch.where(known, user, self.num_users)
        return nn.functional.embedding(row, self.weight, padding_idx=self.num_users, sparse=self.sparse_gradients)

    def extra_repr(self) -> str:
        return f"{self.num_users}, {self.dim}"
