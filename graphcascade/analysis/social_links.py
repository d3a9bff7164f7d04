from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch_geometric.data import Data

from graphcascade.errors import DataError, UsageError

__all__ = ["SocialLinks", "predict_social_links"]


@dataclass(frozen=True)
class SocialLinks:
    """How often the closest user is a follower.

    Args:
        accuracy: Share of the users whose closest user follows them.
        error: Standard error of the accuracy over users.
        random: Accuracy of a random guess: the mean share of followers among all other users.
        users: Number of users with a prediction.
    """

    accuracy: float
    error: float
    random: float
    users: int

    def __str__(self) -> str:
        return (
            f"{self.accuracy:.2%} ± {self.error:.2%} of {self.users:,} users have a follower as their closest user; "
            f"a random guess reaches {self.random:.3%}"
        )


def predict_social_links(closest: Data, follow_graph: Data) -> SocialLinks:
    """Tests inferred relations against a follow graph (NDM paper, Section 5.4, Fig. 5).

    Args:
        closest: Edges from users to others, such as those of :func:`~graphcascade.analysis.closest_users` or of an
            inferred network; of several edges of a user, the edge with the highest ``edge_weight`` counts.
        follow_graph: Edges from followee to follower over the same users.

    Raises:
        UsageError: The graphs have different numbers of users.
        DataError: A graph has no edges.
    """
    num_users = int(closest.num_nodes or 0)
    if num_users != follow_graph.num_nodes:
        raise UsageError(
            f"the relations are over {num_users:,} users, the follow graph over {follow_graph.num_nodes:,}: take the "
            "follow graph of the data that the model was trained on."
        )
    links, follows = closest.edge_index, follow_graph.edge_index
    if links is None or links.size(1) == 0 or follows is None or follows.size(1) == 0:
        raise DataError("there is no edge to compare; both graphs need some.")
    weight = torch.ones(links.size(1)) if closest.edge_weight is None else closest.edge_weight
    order = torch.argsort(weight, descending=True, stable=True)
    order = order[torch.argsort(links[0, order], stable=True)]
    source, target = links[:, order]
    best = torch.cat([source.new_ones(1, dtype=torch.bool), source[1:] != source[:-1]])
    source, target = source[best], target[best]
    known = (follows[0] * num_users + follows[1])[follows[0] != follows[1]].unique()
    right = torch.isin(source * num_users + target, known).double()
    followers = torch.bincount(known // num_users, minlength=num_users)[source].double()
    users = source.numel()
    accuracy = float(right.mean())
    return SocialLinks(
        accuracy=accuracy,
        error=math.sqrt(accuracy * (1 - accuracy) / users),
        random=float(followers.mean()) / max(1, num_users - 1),
        users=users,
    )
