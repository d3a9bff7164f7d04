"""Digests of data, which are part of the keys of finished runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import numpy as np
from torch import Tensor

from graphcascade.data import CascadeDataset, PostStream, RetweetNetwork

__all__ = ["digest_data"]


@singledispatch
def digest_data(data: Any) -> dict[str, str]:
    """Returns digests of all that the figures measured on data depend on."""
    raise NotImplementedError(type(data).__name__)


@digest_data.register
def _digest_cascades(data: CascadeDataset) -> dict[str, str]:
    """A digest of the split and, as the split does not cover them, of the graphs and of the growth.

    Cascades that are no part of a split have a digest of their own.
    """
    if data.split is None:
        table = data.table
        digests = {"cascades": _digest_values({"user": table.user, "time": table.time, "ptr": table.ptr})}
    else:
        digests = {"split": data.split.digest}
    if data.table.growth is not None:
        digests["growth"] = _digest_values({"growth": data.table.growth, "recorded": data.table.recorded})
    for name, graph in (("follow graph", data.follow_graph), ("true graph", data.true_graph)):
        if graph is not None:
            digests[name] = _digest_values(graph.to_dict())
    return digests


@digest_data.register(RetweetNetwork)
@digest_data.register(PostStream)
def _digest_stores(data: RetweetNetwork | PostStream) -> dict[str, str]:
    """A digest of the split, and of everything in each store: links, posts, times, and features."""
    assert data.split is not None
    stores = {" ".join(store._key) if isinstance(store._key, tuple) else store._key: store for store in data.stores}
    return {"split": data.split.digest} | {
        str(name): _digest_values(store.to_dict()) for name, store in stores.items() if name is not None
    }


def _digest_values(values: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for key, value in sorted(values.items()):
        digest.update(key.encode())
        if isinstance(value, Tensor):
            digest.update(value.cpu().numpy().tobytes())
        elif isinstance(value, np.ndarray):
            digest.update("\0".join(map(str, value.tolist())).encode("utf-8", "surrogatepass"))
        else:
            digest.update(repr(value).encode())
    return digest.hexdigest()[:12]
