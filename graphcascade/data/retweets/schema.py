"""Schema of a :class:`~graphcascade.data.RetweetNetwork`: edge types, fields with types and shapes, and checks."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from graphcascade.data.schema_checks import Field, find_edge_problem, find_field_problem

__all__ = ["FIELDS", "FOLLOWS", "POSTS", "RETWEETS", "TWEET", "USER", "find_post_time", "find_problem"]

USER, TWEET = "user", "tweet"
FOLLOWS = (USER, "follows", USER)
POSTS = (USER, "posts", TWEET)
RETWEETS = (USER, "retweets", TWEET)


FIELDS = (
    Field(USER, "ids", None, USER, required=True),
    Field(TWEET, "ids", None, TWEET, required=True),
    Field(TWEET, "text", None, TWEET),
    Field(TWEET, "image", None, TWEET),
    Field(TWEET, "x_image", torch.float32, TWEET, dim=2),
    Field(TWEET, "x_text", torch.float32, TWEET, dim=2),
    Field(USER, "true_taste", torch.float32, USER, dim=2),
    Field(TWEET, "true_content", torch.float32, TWEET, dim=2),
    Field(POSTS, "time", torch.float64, POSTS),
    Field(RETWEETS, "time", torch.float64, RETWEETS),
    Field(RETWEETS, "part", torch.int8, RETWEETS),
    Field(RETWEETS, "edge_label_time", torch.float64, "labels"),
)
"""All fields beside ``num_nodes``, ``edge_index`` and ``edge_label_index``."""


def find_problem(network: HeteroData) -> str | None:
    """Returns the first thing that is wrong with a network, with the field and its value; ``None`` if all is right."""
    for node_type in (USER, TWEET):
        if node_type not in network.node_types or not isinstance(network[node_type].get("num_nodes"), int):
            return f"needs {node_type!r} nodes with 'num_nodes'"
    for edge_type in (FOLLOWS, POSTS, RETWEETS):
        if edge_type not in network.edge_types:
            return f"needs the edge type {edge_type!r}; it may have no edges"
        for name in ("edge_index", "edge_label_index"):
            problem = find_edge_problem(network, edge_type, name)
            if problem is not None:
                return problem
    for field in FIELDS:
        problem = find_field_problem(network, field, _count(network, field.length))
        if problem is not None:
            return problem
    return _find_value_problem(network)


def find_post_time(network: HeteroData) -> Tensor | None:
    """Returns the time of each tweet's post, ``[T]``, minus infinity if unknown; ``None`` if all are unknown."""
    time: Tensor | None = network[POSTS].get("time")
    if time is None:
        return None
    result = torch.full((network[TWEET].num_nodes,), -torch.inf, dtype=torch.float64)
    result[network[POSTS].edge_index[1]] = time
    return result


def _count(network: HeteroData, length: str | tuple[str, str, str]) -> int:
    """Returns how many entries a field with this length must have."""
    if length == "labels":
        store = network[RETWEETS]
        return int(store.get("edge_label_index", store.edge_index).size(1))
    if isinstance(length, str):
        return int(network[length].num_nodes)
    return int(network[length].edge_index.size(1))


def _find_value_problem(network: HeteroData) -> str | None:
    for node_type in (USER, TWEET):
        if len(set(network[node_type].ids)) < network[node_type].num_nodes:
            return f"two {node_type}s have the same id"
    follows, posts, retweets = (network[edge_type].edge_index for edge_type in (FOLLOWS, POSTS, RETWEETS))
    if bool((follows[0] == follows[1]).any()):
        return "a user follows itself"
    if _has_repeats(follows, network[USER].num_nodes):
        return "a link of 'follows' occurs twice"
    if posts[1].unique().numel() < posts.size(1):
        return "a tweet is posted twice"
    if _has_repeats(retweets, network[TWEET].num_nodes):
        return "a user retweets a tweet twice"
    if bool((retweets[0].diff() < 0).any()):
        return "'edge_index' of 'retweets' is not sorted by user; RetweetNetwork(...) sorts it"
    time = network[RETWEETS].get("time")
    post_time = find_post_time(network)
    if time is not None and post_time is not None and bool((time < post_time[retweets[1]]).any()):
        edge = int((time < post_time[retweets[1]]).nonzero()[0])
        user, tweet = (network[key].ids[end] for key, end in zip((USER, TWEET), retweets[:, edge], strict=True))
        posted = float(post_time[retweets[1, edge]])
        return f"{user!r} retweets {tweet!r} at {float(time[edge]):g}, before it is posted at {posted:g}"
    return None


def _has_repeats(index: Tensor, count: int) -> bool:
    key: Tensor = index[0] * count + index[1]
    return int(key.unique().numel()) < key.numel()
