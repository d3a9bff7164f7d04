from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from graphcascade.errors import UsageError
from graphcascade.nn.user_embedding import EMBEDDINGS, UserEmbedding

__all__ = ["FixedFeatures"]


@EMBEDDINGS.register("FixedFeatures")
class FixedFeatures(UserEmbedding):
    """A vector for each user whose first part is given and fixed and whose second part is trained.

    Users that do not occur in the training cascades have their features too, and zeros as their trained part. Users
    that the model does not know have zeros in both parts.

    Args:
        features: Features of each user, ``[U, k]``. They are not trained, and they are part of the state dict. The two
            numbers ``(U, k)`` make zeros, to be filled from a saved model.
        dim: Size ``d`` of the vectors including the features; must be above ``k``.
        std: Standard deviation of the normal distribution that the trained part starts from.

    Raises:
        UsageError: The features are not a finite matrix, or ``dim`` leaves no part to train.
    """

    features: Tensor

    def __init__(self, features: Tensor | Sequence[int], dim: int, std: float = 0.1) -> None:
        if not isinstance(features, Tensor):
            features = torch.zeros(*features)
        if features.dim() != 2:
            reason = f"has the shape {list(features.shape)}, must have [users, k]"
            raise UsageError(owner="FixedFeatures", argument="features", reason=reason)
        # A tensor on the meta device has no values to check.
        if not (features.is_meta or bool(features.isfinite().all())):
            raise UsageError(owner="FixedFeatures", argument="features", reason="has a value that is not finite")
        num_users, size = features.shape
        if dim <= size:
            raise UsageError(
                owner="FixedFeatures",
                argument="dim",
                value=dim,
                reason=f"must be above the {size} features: the rest is trained",
            )
        super().__init__(num_users, dim - size, std)
        self.config["features"] = [num_users, size]
        self.dim = dim
        unknown = features.new_zeros(1, size)
        self.register_buffer("features", torch.cat([features, unknown]).to(self.weight.dtype))

    def forward(self, user: Tensor, source: Tensor | None = None) -> Tensor:
        trained = super().forward(user, source)
        return torch.cat([self.features[user.clamp(max=self.num_users)], trained], dim=-1)
