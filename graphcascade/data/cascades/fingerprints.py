"""Fingerprints of cascades. A model keeps those of its training cascades, so that tests can recognise them.

:func:`~graphcascade.evaluation.evaluate` and all other tests of models follow one rule: a test cascade was in training
if a training cascade has the same users (compared by id) at the same times. Names of files and parts, numbers of users,
ids of items, and the unit of the times (if it is known) make no difference. Equal cascades within one dataset get
different fingerprints, numbered in the order of the dataset, so that a published split with one of them in its training
part and the other in its test part can be tested. Equal cascades that are read from separate files get the same
fingerprint. A cascade keeps its fingerprint when it is cut to a length, when its times are converted to another unit,
and in slices, copies and parts of its dataset.

Validation cascades may be tested, because training uses them only to choose an epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data.time_units import SECONDS

if TYPE_CHECKING:
    from graphcascade.data.cascades.table import CascadeTable

__all__ = [
    "cascade_fingerprints",
    "cascade_hashes",
    "count_known",
    "hash_ids",
    "merge_fingerprints",
    "number_equal",
]

Hashes = npt.NDArray[np.uint64]
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def cascade_fingerprints(table: CascadeTable) -> Tensor:
    """Computes a 64-bit number for each cascade, ``[N]`` int64, from the ids of its users and their times."""
    return number_equal(cascade_hashes(table, hash_ids(table.user_ids)))


def cascade_hashes(table: CascadeTable, user_hash: Hashes) -> Hashes:
    """Computes a 64-bit number for each cascade, ``[N]``, which is the same for equal cascades.

    Args:
        table: The cascades.
        user_hash: A number for each user by the id, ``[U]``; see :func:`hash_ids`.
    """
    # Indices are clipped, because the tables of damaged files are checked only later.
    ptr, event = np.minimum(table.ptr.numpy(), table.num_events), np.arange(table.num_events)
    position = event - ptr[np.searchsorted(ptr, event, side="right") - 1]
    seconds = table.time.numpy()[: table.num_events]
    if table.time_unit in SECONDS:  # rounded to microseconds, so that the unit of a file makes no difference
        seconds = np.round(seconds * SECONDS[table.time_unit], 6)
    time = (seconds + 0.0).view(np.uint64)  # -0.0 and 0.0 are equal
    user = np.take(user_hash, table.user.numpy(), mode="clip")
    hashed = _mix(user ^ _mix(time + position.astype(np.uint64) * GOLDEN))
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(hashed, dtype=np.uint64)])
    return _mix(total[ptr[1:]] - total[ptr[:-1]] + np.diff(ptr).astype(np.uint64))


def number_equal(fingerprint: Hashes) -> Tensor:
    """Returns the fingerprints of cascades, ``[N]`` int64: those of equal cascades are numbered in their order."""
    equal = np.flatnonzero(pd.Series(fingerprint).duplicated(keep=False))
    repeats = np.zeros(len(fingerprint), dtype=np.uint64)
    repeats[equal] = pd.Series(fingerprint[equal]).groupby(fingerprint[equal]).cumcount().to_numpy()
    return torch.from_numpy(np.where(repeats > 0, _mix(fingerprint + repeats * GOLDEN), fingerprint).view(np.int64))


def merge_fingerprints(known: Tensor | None, more: Tensor) -> Tensor:
    """Returns the sorted union of fingerprints; ``known`` are those of an earlier training, if any."""
    merged: Tensor = torch.unique(more if known is None else torch.cat([known, more]))
    return merged


def count_known(known: Tensor, fingerprint: Tensor) -> int:
    """Counts the fingerprints that are among the known ones."""
    return int(torch.isin(fingerprint, known).sum())


def hash_ids(ids: npt.NDArray[np.object_]) -> Hashes:
    """Returns a number for each id, ``[U]``."""
    try:
        return pd.util.hash_array(ids, categorize=False)
    except UnicodeEncodeError:  # half of a surrogate pair; equal ids still have equal bytes
        encoded = [name.encode("utf-8", "surrogatepass") for name in ids]
        return pd.util.hash_array(np.array(encoded, dtype=object), categorize=False)


def _mix(value: Hashes) -> Hashes:
    """Steele, Lea and Flood's mixing function (SplitMix64): a change of one bit changes about half of the bits."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
