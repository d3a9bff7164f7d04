from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from graphcascade.options.table_read_options import OnError

__all__ = ["FollowDirection", "FollowGraphOptions"]

FollowDirection = Literal["followee-follower", "follower-followee"]


@dataclass(frozen=True)
class FollowGraphOptions:
    """Options of the follow graph: its file, and vectors of users that are computed from it.

    Args:
        social_dim: Number of fixed dimensions of the users' vectors that DeepWalk computes from the follow graph, as in
            NDM+SN; the others are trained.
        follow_graph: File of links between the users, with two users per line or columns such as follower and followee,
            for --graph-encoder, --social-dim, CTBernoulli, CTJaccard and IndependentCascade; some datasets come with a
            follow graph.
        direction: Order of the two users in a line. If not given, the names of the columns say who follows whom;
            without such names, the followee is first.
        unknown_users: What to do with links of users who are in no cascade: stop with an error, drop and count them, or
            "add" these users, so that --graph-encoder can rank them before their first cascade.
        source_column: Column of the first user of a link, if its name is not a usual one.
        target_column: Column of the second user of a link.
        invalid_links: What to do with lines that are no links: stop with an error that lists them, or drop and count
            them.
        link_sep: Separator of the columns of the file of links: comma, semicolon, tab, pipe, space, or the character
            itself. If not given, it is found from the first line.
        link_encoding: Encoding of the file of links, such as latin-1. If not given, UTF-8, or UTF-16 if the file begins
            with its mark of byte order.
    """

    heading = "follow graph"  # in the help

    social_dim: int = 0
    follow_graph: Path | None = None
    direction: FollowDirection | None = None
    unknown_users: Literal["error", "drop", "add"] = "error"
    source_column: str | None = None
    target_column: str | None = None
    invalid_links: OnError = "stop"
    link_sep: str | None = None
    link_encoding: str | None = None
