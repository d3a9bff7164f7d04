"""Schema of a :class:`~graphcascade.data.PostStream`: node and edge types, fields with types and shapes, and checks."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from graphcascade.data.posts.category_tree import CYCLE, find_levels
from graphcascade.data.schema_checks import Field, find_edge_problem, find_field_problem

__all__ = ["CATEGORY", "FIELDS", "IN", "PARENT_OF", "POST", "PUBLISHES", "USER", "find_problem"]

POST, USER, CATEGORY = "post", "user", "category"
PUBLISHES = (USER, "publishes", POST)
IN = (POST, "in", CATEGORY)
PARENT_OF = (CATEGORY, "parent_of", CATEGORY)

FEATURE_TYPES = (torch.float16, torch.float32)
FIELDS = (
    Field(POST, "ids", None, POST, required=True),
    Field(USER, "ids", None, USER, required=True),
    Field(CATEGORY, "ids", None, CATEGORY, required=True),
    Field(CATEGORY, "level", torch.long, CATEGORY, required=True),
    Field(POST, "time", torch.float64, POST, required=True),
    Field(POST, "y", torch.float32, POST, required=True, missing=True),
    Field(POST, "text", None, POST),
    Field(POST, "title", None, POST),
    Field(POST, "image", None, POST),
    Field(POST, "x_image", FEATURE_TYPES, POST, dim=2),
    Field(POST, "x_text", FEATURE_TYPES, POST, dim=2),
    Field(POST, "has_image", torch.bool, POST, required=True),
    Field(POST, "has_text", torch.bool, POST, required=True),
    Field(POST, "numbers", torch.float32, POST, dim=2, required=True, missing=True),
    Field(POST, "true_mean", torch.float32, POST),
)
"""All fields beside ``num_nodes`` and ``edge_index``."""


def find_problem(stream: HeteroData) -> str | None:
    """Returns the first thing that is wrong with a stream, with the field and its value; ``None`` if all is right."""
    for node_type in (POST, USER, CATEGORY):
        if node_type not in stream.node_types or not isinstance(stream[node_type].get("num_nodes"), int):
            return f"needs {node_type!r} nodes with 'num_nodes'"
    for edge_type in (PUBLISHES, IN, PARENT_OF):
        if edge_type not in stream.edge_types:
            return f"needs the edge type {edge_type!r}; it may have no edges"
        problem = find_edge_problem(stream, edge_type, "edge_index")
        if problem is not None:
            return problem
    for field in FIELDS:
        problem = find_field_problem(stream, field, int(stream[field.length].num_nodes))
        if problem is not None:
            return problem
    return _find_value_problem(stream)


def _find_value_problem(stream: HeteroData) -> str | None:
    for node_type in (POST, USER, CATEGORY):
        repeated = _find_repeated(stream[node_type].ids)
        if repeated is not None:
            return f"two {node_type} nodes have the id {repeated!r}"
    publishes, belongs, parent_of = (stream[edge_type].edge_index for edge_type in (PUBLISHES, IN, PARENT_OF))
    if not publishes[1].equal(torch.arange(stream[POST].num_nodes)):
        return "'edge_index' of 'publishes' must have one edge for each post, in the order of the posts"
    for index, end, problem in (
        (belongs, 0, "the post {} is in two categories; keep the finest one"),
        (parent_of, 1, "the category {} has two parents"),
    ):
        count = torch.bincount(index[end], minlength=1)
        if bool((count > 1).any()):
            ids = stream[POST if end == 0 else CATEGORY].ids
            return problem.format(repr(ids[int((count > 1).nonzero()[0])]))
    level = find_levels(_parents(parent_of, int(stream[CATEGORY].num_nodes)))
    if bool((level == CYCLE).any()):
        return f"the category {stream[CATEGORY].ids[int((level == CYCLE).nonzero()[0])]!r} is its own ancestor"
    if not level.equal(stream[CATEGORY].level):
        return "'level' of 'category' differs from the number of steps to the root"
    time = stream[POST].time
    if bool((time.diff() < 0).any()):
        return "posts are not in the order of time; PostStream(...) sorts them"
    names = stream._global_store.get("number_names", ())
    numbers = stream[POST].numbers
    if len(names) != numbers.size(1) or len(set(names)) < len(names):
        return f"'numbers' of 'post' has {numbers.size(1)} columns, but there are {len(set(names))} names of numbers"
    unknown = set(stream._global_store.get("crawl_time_names", ())) - set(names)
    if unknown:
        return f"the crawl-time number {min(unknown)!r} is not one of the numbers"
    return None


def _parents(parent_of: Tensor, count: int) -> Tensor:
    parent = torch.full((count,), -1)
    parent[parent_of[1]] = parent_of[0]
    return parent


def _find_repeated(ids: object) -> str | None:
    seen: set[str] = set()
    for name in ids:  # type: ignore[attr-defined]
        if name in seen:
            return str(name)
        seen.add(name)
    return None
