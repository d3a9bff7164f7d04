from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.models.next_user import NextUserModel

__all__ = ["closest_users"]

MAX_SCORES = 2**24  # scores of pairs that are held at a time
HEADS = 8  # of attention, whose scores are held together; a usual number


@torch.no_grad()
def closest_users(model: NextUserModel, by: Literal["embedding", "attention"] = "embedding") -> Data:
    """Finds the closest user of each user by a trained model (NDM paper, Section 5.4).

    Users who are not in the training cascades are left out.

    Args:
        model: A trained model.
        by: "embedding" for the inner product of the users' vectors, or "attention" for the attention weight (Eq. 4)
            among all users, averaged over the heads, which only :class:`~graphcascade.models.NDM` has.

    Returns:
        ``Data(edge_index, edge_weight, num_nodes)`` with one edge from each seen user to the closest other one.

    Raises:
        UsageError: The model has no attention between users, or has seen fewer than two users.
    """
    if by not in ("embedding", "attention"):
        raise UsageError(argument="by", value=by, reason="use 'embedding' or 'attention'")
    user = model.seen.nonzero().view(-1)
    if user.numel() < 2:
        raise UsageError("closest_users: the model has seen fewer than two users.")
    vector = model.embedding(user, user)
    step = max(1, MAX_SCORES // (user.numel() * HEADS))
    closest, weight = [], []
    for first in range(0, user.numel(), step):
        rows = torch.arange(first, min(first + step, user.numel()))
        score = model.user_attention(vector[rows], vector) if by == "attention" else vector[rows] @ vector.T
        score[torch.arange(rows.numel()), rows] = -math.inf
        top = score.max(1)
        closest.append(user[top.indices])
        weight.append(top.values)
    edge_index: Tensor = torch.stack([user, torch.cat(closest)])
    closeness = torch.cat(weight)
    return Data(edge_index=edge_index, edge_weight=closeness, num_nodes=model.num_users, weight_is="closeness")
