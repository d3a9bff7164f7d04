from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from graphcascade.data.cascades.split import Split
from graphcascade.data.posts.schema import POST, PUBLISHES, USER
from graphcascade.data.time_units import SECONDS
from graphcascade.errors import DataError, UsageError

__all__ = ["hash_posts", "split_posts"]

PARTS = ("train", "val", "test")
ROUNDING = 1e-9  # 0.7 * 10 may be a little less than 7


def split_posts(stream: HeteroData, train: float, validation: float) -> list[tuple[Tensor, Split]]:
    """Splits the posts with labels by time; see :meth:`PostStream.splits`.

    Returns:
        For each part, its posts and its description.
    """
    if not 0 < train < 1:
        raise UsageError(argument="train", value=train, reason="the share of training posts must be between 0 and 1")
    if not 0 <= validation < 1 or train + validation >= 1 - ROUNDING:
        raise UsageError(
            argument="validation",
            value=validation,
            reason=f"this share must be 0 or more, and leave posts for the test beside the share {train:g} of training",
        )
    labelled = stream[POST].y.isfinite().nonzero().view(-1)
    count = labelled.numel()
    if count == 0:
        raise DataError(
            f"{stream.name}: no post has a label; name the column of the labels, or of the numbers of views, when the "
            "posts are read (--label or --views)."
        )
    first = int(train * count + ROUNDING)
    second = int((train + validation) * count + ROUNDING)
    posts = (labelled[:first], labelled[first:second], labelled[second:])
    fractions = (train, validation, 1 - train - validation)
    for share, name, part in zip(fractions, PARTS, posts, strict=True):
        if share > 0 and part.numel() == 0:
            raise DataError(
                f"{stream.name}: {count:,} posts with labels leave the {name} part empty at a share of {share:g}; add "
                "posts with labels, or change the shares of the parts (in Python)."
            )
    digest = hashlib.sha256()
    for part in posts:
        digest.update(hash_posts(stream, part).numpy().tobytes() + b"end of the part")
    short = digest.hexdigest()[:12]
    return [(part, Split(name, "chronological", 0, fractions, short)) for name, part in zip(PARTS, posts, strict=True)]


def hash_posts(stream: HeteroData, posts: Tensor) -> Tensor:
    """Hashes posts ``[M]`` by their ids, users and times, ``[M]`` int64.

    Neither the numbers of the posts nor the unit of the times make a difference: times are hashed in seconds.
    """
    rows = posts.numpy()
    users = stream[USER].ids[stream[PUBLISHES].edge_index[0, posts].numpy()]
    time = stream[POST].time.numpy()[rows] + 0.0  # -0.0 and 0.0 have one hash
    unit = SECONDS[stream.time_unit or "s"]
    time = time * unit if unit >= 1 else time / round(1 / unit)  # a division is exact for whole seconds
    parts = [
        pd.util.hash_array(values, categorize=True) if values.dtype == object else pd.util.hash_array(values)
        for values in (stream[POST].ids[rows], users, time)
    ]
    mixed = parts[0] ^ (parts[1] * np.uint64(3)) ^ (parts[2] * np.uint64(5))
    return torch.from_numpy(mixed.view(np.int64))
