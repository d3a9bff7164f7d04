from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch_geometric.data import Data

from graphcascade.analysis.diffusion import Diffusion
from graphcascade.analysis.page_rank import page_rank
from graphcascade.analysis.reverse_reachable import ReverseReachable
from graphcascade.data import CascadeDataset
from graphcascade.data.seed import check_seed
from graphcascade.data.segments import segment_ids
from graphcascade.errors import UsageError
from graphcascade.simulate.delays import Delays
from graphcascade.simulate.diffusion_kind import DiffusionKind
from graphcascade.value_types import check_numbers

__all__ = ["rank_users"]

FIRST_SETS = 256  # drawn to find the mean size of a set
MIN_MEMBERS = 1 << 18  # of the sets altogether: so many take little time


@check_numbers
def rank_users(
    graph: Data,
    dataset: CascadeDataset | None = None,
    model: DiffusionKind | None = None,
    delays: Delays | None = None,
    horizon: float | None = None,
    relative_error: float = 0.05,
    damping: float = 0.85,
    seed: int = 0,
    user_ids: Sequence[str] | npt.NDArray[np.object_] | None = None,
) -> pd.DataFrame:
    r"""Ranks the users of a network by their influence.

    The reach of a user is the expected number of users, with this user, whom a cascade infects that starts there. It is
    estimated for all users together, as the share of random reverse reachable sets that have the user.

    A network of weights says who influences whom; data say who did start cascades. Users of a high reach who started
    few cascades may be worth asking.

    Args:
        graph: ``edge_index`` ``[2, M]`` in the direction of information flow, ``edge_weight`` ``[M]``, ``num_nodes``.
        dataset: Cascades, to count in how many each user appears. Its users are those of the graph, or are found by
            ``user_ids``.
        model: The diffusion model, see :func:`~graphcascade.analysis.influence_maximization`, as for ``delays`` and
            ``horizon``.
        delays: Distribution of the delays.
        horizon: Time or number of steps at which cascades end.
        relative_error: Relative standard error of the reach of a user of average reach, at most. It is smaller for
            users of higher reach, and on small graphs.
        damping: Probability with which the walk of PageRank follows a link.
        seed: Seed of the random numbers, in ``[0, 2 ** 63)``.
        user_ids: Ids of the users, ``[num_nodes]``; by default those of the dataset, or else numbers.

    Returns:
        A row for each user, by reach. Columns:

        - ``user``
        - ``reach`` and its ``standard_error``
        - ``out_strength``: sum of the weights of the user's links to others
        - ``pagerank``: PageRank on the reversed network, where each link leads from the user who is influenced to the
          one who influences: a user is important who influences important users
        - with a dataset, ``cascades``: number of cascades in which the user appears, and ``started``: number of those
          that the user started

    Raises:
        UsageError: See :func:`~graphcascade.analysis.influence_maximization`; the users of dataset and graph differ.
        DataError: An edge has an unknown user; a weight is not valid for the model.
    """
    diffusion = Diffusion.from_graph(graph, model, delays, horizon)
    num_users = diffusion.num_users
    if not 0 < relative_error < 1:
        raise UsageError(argument="relative_error", value=relative_error, reason="must be above 0, and below 1")
    if not 0 <= damping < 1:
        raise UsageError(argument="damping", value=damping, reason="must be at least 0, and below 1")
    check_seed(seed)
    if user_ids is not None and len(user_ids) != num_users:
        reason = f"has {len(user_ids)} ids, and the graph has {num_users} users; give one id for each"
        raise UsageError(argument="user_ids", reason=reason)
    counts = None if dataset is None else _count_events(dataset, num_users, user_ids)
    numbers = range(num_users) if dataset is None else dataset.user_ids
    reach, error = _estimate_reach(diffusion, relative_error, seed)
    edges = diffusion.out_edges
    columns = {
        "user": numbers if user_ids is None else user_ids,
        "reach": reach,
        "standard_error": error,
        "out_strength": torch.bincount(segment_ids(edges.ptr), edges.weight, minlength=num_users).numpy(),
        "pagerank": page_rank(diffusion.in_edges, damping).numpy(),
    }
    frame = pd.DataFrame(columns if counts is None else columns | counts)
    return frame.sort_values("reach", ascending=False, kind="stable", ignore_index=True)


def _estimate_reach(
    diffusion: Diffusion, relative_error: float, seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Estimates the reach of all users, with standard errors.

    A user is in ``E / U`` sets on average, if sets have ``E`` members altogether, and this number has the relative
    standard error ``(E / U) ** -0.5``. That each user infects itself is known, so that only sets of other users count.
    """
    sampler = ReverseReachable(diffusion, seed, stream=2)
    num_users = diffusion.num_users
    members = np.zeros(num_users, dtype=np.int64)
    wanted = max(num_users / relative_error**2, MIN_MEMBERS)
    drawn = total = 0
    while total < wanted:
        missing = math.ceil((wanted - total) * drawn / total) if total else FIRST_SETS
        count = min(missing, max(FIRST_SETS, 4 * drawn))
        sets = sampler.draw(count)
        members += np.bincount(sets.user, minlength=num_users) - np.bincount(sets.root, minlength=num_users)
        drawn, total = drawn + count, total + sets.user.size
    share = members / drawn
    return 1 + num_users * share, num_users * np.sqrt(share * (1 - share) / drawn)


def _count_events(
    dataset: CascadeDataset, num_users: int, user_ids: Sequence[str] | npt.NDArray[np.object_] | None
) -> dict[str, npt.NDArray[np.int64]]:
    """Counts the cascades in which each user of the graph appears, and those that the user started."""
    table = dataset.table
    if user_ids is None:
        if dataset.num_users != num_users:
            raise UsageError(
                argument="dataset",
                reason=f"has {dataset.num_users:,} users, and the graph has {num_users:,}; give the ids of the "
                "graph's users as user_ids",
            )
        place = np.arange(num_users)
    else:
        place = pd.Index(dataset.user_ids).get_indexer(pd.Index(np.asarray(user_ids, dtype=object)))
    numbers = {"cascades": table.user, "started": table.source}
    counts = {name: torch.bincount(user, minlength=dataset.num_users).numpy() for name, user in numbers.items()}
    return {name: np.where(place < 0, 0, count[place]) for name, count in counts.items()}
