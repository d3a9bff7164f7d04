from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["FollowGraphOptions"]


@dataclass(frozen=True)
class FollowGraphOptions:
    """Options of the follow graph: its file, and vectors of users that are computed from it.

    Args:
        social_dim: Number of fixed dimensions of the users' vectors that DeepWalk computes from the follow graph, as in
            NDM+SN; the others are trained.
        follow_graph: File of links between the users, with two users per line, for --graph-encoder, --social-dim,
            CTBernoulli and CTJaccard; some datasets come with a follow graph.
        direction: Order of the two users in a line.
        unknown_users: What to do with links of users who are in no cascade: stop with an error, drop and count them, or
            "add" these users, so that --graph-encoder can rank them before their first cascade.
    """

    title = "follow graph"  # heading in the help

    social_dim: int = 0
    follow_graph: Path | None = None
    direction: Literal["followee-follower", "follower-followee"] = "followee-follower"
    unknown_users: Literal["error", "drop", "add"] = "error"
