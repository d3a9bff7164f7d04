from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from graphcascade.data.posts.schema import CATEGORY, IN, POST, PUBLISHES

__all__ = ["describe_stream"]

LAGS = (1, 10, 100)


def describe_stream(stream: HeteroData) -> dict[str, Any]:
    """Returns the statistics of a stream of posts, by their names; see :meth:`PostStream.describe`."""
    post = stream[POST]
    count = int(post.num_nodes)
    by_user = torch.bincount(stream[PUBLISHES].edge_index[0])
    users = int((by_user > 0).sum())
    level = stream[CATEGORY].level
    belongs = stream[IN].edge_index[1]
    figures: dict[str, Any] = {
        "posts": count,
        "users": int(stream["user"].num_nodes),
        "posts per publishing user": round(count / users, 4) if users else None,
        "most posts of a user": int(by_user.max()) if users else 0,
        "categories": level.numel(),
        "categories at each level": torch.bincount(level).tolist() or "none",
        "posts without a category": count - belongs.numel(),
        "most posts of a category": int(torch.bincount(belongs).max()) if belongs.numel() else 0,
    }
    labels = post.y[post.y.isfinite()].double()
    figures["posts with a label"] = labels.numel()
    if labels.numel():
        figures["mean of the labels"] = round(float(labels.mean()), 4)
        figures["standard deviation of the labels"] = round(float(labels.std(correction=0)), 4)
        figures["smallest label"] = round(float(labels.min()), 4)
        figures["largest label"] = round(float(labels.max()), 4)
        for lag in LAGS:
            figures[f"autocorrelation of the labels at lag {lag}"] = _autocorrelation(labels, lag)
    for name in ("image", "text"):
        figures[f"posts without {'an ' if name == 'image' else ''}{name}"] = int((~post[f"has_{name}"]).sum())
        features = post.get(f"x_{name}")
        if features is not None:
            figures[f"width of the {name} features"] = features.size(1)
    for name, key in (("numbers", "number_names"), ("numbers of crawl time", "crawl_time_names")):
        figures[name] = ", ".join(stream._global_store[key]) or "none"
    figures["missing numbers"] = int(post.numbers.isnan().sum())
    if count:
        figures["first post"] = float(post.time[0])
        figures["last post"] = float(post.time[-1])
    return figures


def _autocorrelation(labels: Tensor, lag: int) -> float | None:
    """Returns the correlation of labels with those ``lag`` posts later; ``None`` if it is not defined."""
    if labels.numel() < lag + 2:
        return None
    value = torch.corrcoef(torch.stack([labels[:-lag], labels[lag:]]))[0, 1]
    return round(float(value), 4) if bool(value.isfinite()) else None
