from __future__ import annotations

import hashlib
from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor
from torch_geometric.data import HeteroData

from graphcascade.data.cascades.split import Split, SplitMethod
from graphcascade.data.retweets.schema import RETWEETS, TWEET, USER
from graphcascade.data.seed import check_seed
from graphcascade.data.segments import segment_positions, segment_ptr
from graphcascade.errors import DataError, UsageError

__all__ = ["hash_retweets", "split_retweets"]

PARTS = ("train", "val", "test")
ROUNDING = 1e-9  # 0.7 * 10 may be a little less than 7


def split_retweets(
    network: HeteroData, train: float, method: SplitMethod | None, validation: float, seed: int
) -> tuple[Tensor, list[Split]]:
    """Splits the retweets of each user; see :meth:`RetweetNetwork.splits`.

    Returns:
        The part of each retweet, ``[R]`` int8 (0 train, 1 validation, 2 test), and the description of each part.
    """
    published, time = network[RETWEETS].get("part"), network[RETWEETS].get("time")
    if not 0 < train < 1:
        raise UsageError(argument="train", value=train, reason="the share of training retweets must be between 0 and 1")
    if not 0 <= validation < 1:
        raise UsageError(
            argument="validation", value=validation, reason="this share of the training retweets must be in [0, 1)"
        )
    check_seed(seed)
    if method is None:
        method = "files" if published is not None else "random" if time is None else "chronological"
    if method not in ("files", "random", "chronological"):
        raise UsageError(argument="method", value=method, reason="use 'files', 'random' or 'chronological'")
    if method == "files" and published is None:
        raise UsageError(
            f"{network.name} has no published split: its retweets have no column 'part' with train, val or test; use "
            "'random' or 'chronological'."
        )
    if method == "chronological" and time is None:
        raise UsageError(f"{network.name}: its retweets have no times; use 'random'.")

    user = network[RETWEETS].edge_index[0]
    generator = torch.Generator().manual_seed(seed)
    shuffled = method == "random" or time is None
    order = torch.randperm(user.numel(), generator=generator) if shuffled else torch.arange(user.numel())
    order = order[torch.argsort(user[order], stable=True)]  # retweets of a user are in the order of time otherwise

    def count_training(size: Tensor) -> Tensor:
        return torch.floor(train * size.double() + ROUNDING).long()

    def count_without_validation(size: Tensor) -> Tensor:
        return size - torch.floor(validation * size.double() + 0.5).long()

    part = torch.zeros(user.numel(), dtype=torch.int8)
    if method == "files":
        assert published is not None
        part = published.clone()
    else:
        _take_from_end(part, order, user, count_training, 2)
    if not bool((part == 1).any()):
        _take_from_end(part, order[part[order] == 0], user, count_without_validation, 1)
    fractions = (train * (1 - validation), train * validation, 1 - train)
    for number, (share, name) in enumerate(zip(fractions, PARTS, strict=True)):
        if share > 0 and not bool((part == number).any()):
            if method == "files" and number != 1:
                raise DataError(
                    f"{network.name}: its published split has no {name} retweet; add one, or use another split: "
                    "'chronological' or 'random'."
                )
            raise DataError(
                f"{network.name}: {user.numel():,} retweets of {user.unique().numel():,} users leave the {name} part "
                f"empty at a share of {share:g} of each user's retweets, because no user has enough; choose other "
                "shares (train, validation), or add retweets (with the default shares, seven of one user are enough)."
            )
    digest = _digest(network, part)
    return part, [Split(name, method, seed, fractions, digest) for name in PARTS]


def _take_from_end(part: Tensor, row: Tensor, user: Tensor, stays: Callable[[Tensor], Tensor], number: int) -> None:
    """Gives each user's last retweets the part ``number``, in place; at least one stays.

    Args:
        part: Parts of all retweets.
        row: Retweets to divide, sorted by user, then in the order in which they are kept.
        user: User of each retweet.
        stays: Returns how many of a user's retweets keep their part, given their number.
        number: Part for the others.
    """
    ptr = segment_ptr(torch.bincount(user[row], minlength=1))
    kept = stays(ptr.diff()).clamp(min=1)
    part[row[segment_positions(ptr) >= kept.repeat_interleave(ptr.diff())]] = number


def hash_retweets(network: HeteroData, retweets: Tensor) -> Tensor:
    """Hashes retweets ``[2, R]`` by the ids of users and tweets, so that their numbers make no difference, ``[R]``."""
    user, tweet = retweets
    return torch.from_numpy(
        pd.util.hash_array(network[USER].ids[user.numpy()], categorize=True).view("int64")
        ^ (pd.util.hash_array(network[TWEET].ids[tweet.numpy()], categorize=True).view("int64") * 3)
    )


def _digest(network: HeteroData, part: Tensor) -> str:
    """Hashes the retweets and their parts."""
    hashed = hash_retweets(network, network[RETWEETS].edge_index)
    order = torch.argsort(hashed, stable=True)
    digest = hashlib.sha256(hashed[order].numpy().tobytes())
    digest.update(part[order].numpy().tobytes())
    return digest.hexdigest()[:12]
