from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.seed import check_seed
from graphcascade.errors import DataError, UsageError

__all__ = ["Split", "SplitMethod", "split_indices"]

SplitMethod = Literal["files", "random", "chronological"]
PARTS = ("train", "val", "test")
PORTION = 2**20  # events that are read together


@dataclass(frozen=True)
class Split:
    """The split that a part of a dataset comes from, which results report.

    Args:
        part: "train", "val" or "test".
        method: "files" (the published split), "random", or "chronological" by first event.
        seed: Seed of the random draws.
        fractions: Requested shares of train, validation and test.
        digest: First 12 hex digits of the SHA-256 of the cascades and the part each one is in.
    """

    part: str
    method: SplitMethod
    seed: int
    fractions: tuple[float, float, float]
    digest: str


def split_indices(
    table: CascadeTable,
    method: SplitMethod | None,
    fractions: Sequence[float] | npt.NDArray[np.generic] | Tensor,
    seed: int,
) -> dict[str, tuple[Tensor, Split]]:
    """Splits cascades into train, validation and test; see :meth:`CascadeDataset.splits`."""
    if method is None:
        method = "files" if table.part is not None else "chronological" if table.ordered else "random"
    fractions = _to_shares(fractions)
    check_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    count = table.num_cascades
    if method == "files":
        if table.part is None:
            raise UsageError(f"{table.name} has no published split; use 'random' or 'chronological'.")
        part = table.part.clone()
        if not bool((part == 1).any()) and fractions[1] > 0:
            train = torch.nonzero(part == 0).view(-1)
            num_val = round(fractions[1] * train.numel())
            part[train[torch.randperm(train.numel(), generator=generator)[:num_val]]] = 1
    elif method in ("random", "chronological"):
        if method == "random":
            order = torch.randperm(count, generator=generator)
        elif table.order_problem is not None:
            raise UsageError(f"{table.name}: {table.order_problem}, so cascades have no order; use 'random'.")
        else:
            order = torch.argsort(table.time[table.ptr[:-1]], stable=True)
        val, test = round(fractions[1] * count), round(fractions[2] * count)
        part = torch.zeros(count, dtype=torch.int8)
        part[order[count - val - test : count - test]] = 1
        part[order[count - test :]] = 2
    else:
        raise UsageError(argument="method", value=method, reason="use 'files', 'random' or 'chronological'")
    for number, (share, name) in enumerate(zip(fractions, PARTS, strict=True)):
        if share > 0 and not bool((part == number).any()):
            hint = "take a random or chronological split"
            if method != "files":
                smallest = min(fraction for fraction in fractions if fraction > 0)
                needed = next(number for number in itertools.count(1) if round(smallest * number))
                hint = f"at least {needed} are needed"
            raise DataError(
                f"{table.name}: {count:,} cascade{'s leave' if count != 1 else ' leaves'} the {name} part empty at a "
                f"share of {share:g}; {hint}."
            )
    short = _digest(table, part)
    return {
        name: (torch.nonzero(part == number).view(-1), Split(name, method, seed, fractions, short))
        for number, name in enumerate(PARTS)
    }


def _digest(table: CascadeTable, part: Tensor) -> str:
    """Returns the digest of a split; see :class:`Split`. Events are read in portions."""
    # Ids are hashed instead of numbers of users, so that writing and reading the data keeps the digest.
    user = table.user.numpy()
    blocks = [slice(begin, begin + PORTION) for begin in range(0, len(user), PORTION)]
    number = np.full(table.num_users, -1, dtype=np.int64)  # of the users in the order in which they appear
    count = 0
    for block in blocks:
        unique = pd.unique(user[block])
        added = unique[number[unique] < 0]
        number[added] = np.arange(count, count + len(added))
        count += len(added)
    users = np.empty(count, dtype=np.int64)
    users[number[number >= 0]] = np.flatnonzero(number >= 0)
    digest = hashlib.sha256("\0".join(table.user_ids[users]).encode())
    for values in (part.numpy(), table.ptr.numpy()):
        digest.update(values.tobytes())
    for block in blocks:
        digest.update(number[user[block]].tobytes())
    for block in blocks:
        digest.update(table.time.numpy()[block].tobytes())
    return digest.hexdigest()[:12]


def _to_shares(fractions: Sequence[float] | npt.NDArray[np.generic] | Tensor) -> tuple[float, float, float]:
    """Converts three numbers of any type, in a sequence, an array or a tensor, to floats."""
    shares = fractions.tolist() if isinstance(fractions, np.ndarray | Tensor | pd.Series) else fractions
    if not isinstance(shares, Sequence) or isinstance(shares, str | bytes) or len(shares) != 3:
        raise UsageError(
            argument="fractions",
            value=shares,
            reason="give three shares, for train, val and test; (0.8, 0, 0.2) leaves out validation",
        )
    if not all(isinstance(share, Real) for share in shares):
        raise UsageError(argument="fractions", value=shares, reason="each of the three shares must be a number")
    if not (min(shares) >= 0 and abs(sum(shares) - 1) <= 1e-6 and shares[0] > 0):
        raise UsageError(
            argument="fractions", value=shares, reason="train, val and test must be >= 0, train > 0, and sum to 1"
        )
    train, val, test = map(float, shares)
    return train, val, test
