"""Schema of a :class:`~graphcascade.data.RetweetNetwork`: edge types, fields with types and shapes, and checks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import HeteroData

__all__ = ["FIELDS", "FOLLOWS", "POSTS", "RETWEETS", "TWEET", "USER", "Field", "find_post_time", "find_problem"]

USER, TWEET = "user", "tweet"
FOLLOWS = (USER, "follows", USER)
POSTS = (USER, "posts", TWEET)
RETWEETS = (USER, "retweets", TWEET)


class Field(NamedTuple):
    """A field of a node or edge store.

    Args:
        store: Node type or edge type.
        name: Name of the field.
        dtype: Type of its tensor, or ``None`` for an array of strings.
        length: Store whose nodes or edges it has one entry for; with "labels", the supervised retweets.
        dim: Number of dimensions.
        required: Whether each network has it.
    """

    store: str | tuple[str, str, str]
    name: str
    dtype: torch.dtype | None
    length: str | tuple[str, str, str]
    dim: int = 1
    required: bool = False


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
            problem = _find_edge_problem(network, edge_type, name)
            if problem is not None:
                return problem
    for field in FIELDS:
        problem = _find_field_problem(network, field)
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


def _find_edge_problem(network: HeteroData, edge_type: tuple[str, str, str], name: str) -> str | None:
    index = network[edge_type].get(name)
    if index is None:
        return f"{edge_type!r} needs 'edge_index'" if name == "edge_index" else None
    if index.dtype != torch.long or index.dim() != 2 or index.size(0) != 2:
        return f"{name!r} of {edge_type!r} must be int64 of shape [2, M], got {_describe(index)}"
    for row, node_type in enumerate((edge_type[0], edge_type[2])):
        count = network[node_type].num_nodes
        if index.numel() > 0 and not 0 <= int(index[row].min()) <= int(index[row].max()) < count:
            return f"{name!r} of {edge_type!r} has {node_type}s outside of 0 to {count - 1}"
    return None


def _find_field_problem(network: HeteroData, field: Field) -> str | None:
    value = network[field.store].get(field.name)
    place = f"{field.name!r} of {field.store!r}"
    if value is None:
        return f"{place} is missing" if field.required else None
    if field.length == "labels":
        store = network[RETWEETS]
        count = store.get("edge_label_index", store.edge_index).size(1)
    elif isinstance(field.length, str):
        count = int(network[field.length].num_nodes)
    else:
        count = network[field.length].edge_index.size(1)
    if field.dtype is None:
        if isinstance(value, np.ndarray) and value.dtype == object and value.shape == (count,):
            return None
        return f"{place} must be an array of {count} strings"
    shape = [count] if field.dim == 1 else [count, "D"]
    if not isinstance(value, Tensor):
        return f"{place} must be a tensor, got a {type(value).__name__}"
    if value.dtype != field.dtype or value.dim() != field.dim or value.size(0) != count:
        shown = ", ".join(map(str, shape))
        return f"{place} must be {str(field.dtype).removeprefix('torch.')} of shape [{shown}], got {_describe(value)}"
    if value.is_floating_point() and not bool(value.isfinite().all()):
        return f"{place} has values that are not finite"
    return None


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


def _describe(value: Tensor) -> str:
    return f"{str(value.dtype).removeprefix('torch.')} of shape {list(value.shape)}"
