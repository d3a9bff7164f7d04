from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from graphcascade.errors import UsageError
from graphcascade.plurals import counted
from graphcascade.simulate.delays import Delays
from graphcascade.simulate.diffusion_kind import DiffusionKind

__all__ = ["Algorithm", "SeedSet"]

Algorithm = Literal["reverse_reachable", "greedy"]


@dataclass(frozen=True)
class SeedSet:
    """Users with whom cascades should start, as :func:`~graphcascade.analysis.influence_maximization` finds them.

    ``spread``, ``standard_error`` and ``gains`` are estimated on samples that the choice of the users has not seen, so
    that they are not too high.

    Args:
        seeds: Numbers of the seed users, in the order in which they were chosen: the first ``j`` of them are a solution
            for ``j`` users.
        gains: How many more users each seed is expected to infect than the seeds before it, with itself. The gains sum
            to ``spread``.
        spread: Expected number of users whom cascades infect that start at all seeds together, with the seeds.
        standard_error: Standard error of ``spread``, from the number of samples.
        guarantee: The spread of the seeds is at least this share of the largest possible spread of as many users. With
            reverse reachable sets, the sentence is true with probability ``1 - delta``. With the greedy algorithm, it
            is about the average over the live-edge graphs that were drawn for the choice.
        lower: Lower bound of the spread of the seeds, or ``None`` with the greedy algorithm.
        upper: Upper bound of the largest possible spread of as many users, or ``None`` with the greedy algorithm. Each
            bound holds with probability ``1 - delta / 2``.
        delta: See ``guarantee``; ``None`` with the greedy algorithm.
        algorithm: The algorithm.
        model: The diffusion model.
        delays: Distribution of the delays in continuous time, or ``None``.
        horizon: Time, or number of steps, at which cascades end.
        samples: Number of reverse reachable sets, or of live-edge graphs, in each of two samples: one for the choice
            and one for the estimates.
        seed: Seed of the random numbers.
    """

    seeds: tuple[int, ...]
    gains: tuple[float, ...]
    spread: float
    standard_error: float
    guarantee: float
    lower: float | None
    upper: float | None
    delta: float | None
    algorithm: Algorithm
    model: DiffusionKind
    delays: Delays | None
    horizon: float
    samples: int
    seed: int

    def to_frame(self, user_ids: Sequence[str] | npt.NDArray[np.object_] | None = None) -> pd.DataFrame:
        """Returns a table with a row for each seed user, in the order of the choice.

        Args:
            user_ids: Ids of all users of the graph, ``[num_nodes]``; if left out, users are numbers.

        Returns:
            The columns ``user``, ``gain`` and ``spread``, the expected number of users whom this seed and those before
            it infect.

        Raises:
            UsageError: There are fewer ids than users.
        """
        if user_ids is not None and len(user_ids) <= max(self.seeds):
            reason = f"has {len(user_ids)} ids, but user {max(self.seeds)} is a seed; give one id for each user"
            raise UsageError(argument="user_ids", reason=reason)
        users: list[Any] = list(self.seeds) if user_ids is None else [user_ids[seed] for seed in self.seeds]
        return pd.DataFrame({"user": users, "gain": self.gains, "spread": np.cumsum(self.gains)})

    def __str__(self) -> str:
        kind = "reverse reachable sets" if self.algorithm == "reverse_reachable" else "live-edge graphs"
        certain = "" if self.delta is None else f" with probability {1 - self.delta:g}"
        return (
            f"{counted(len(self.seeds), 'seed user')}, expected spread {self.spread:,.1f} "
            f"± {self.standard_error:.2g}, at least {self.guarantee:.0%} of the best possible{certain} "
            f"({self.model.replace('_', ' ')} model, {self.samples:,} {kind})"
        )
