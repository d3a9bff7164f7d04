"""Which users a model names for each cascade, given its source."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.segments import segment_positions
from graphcascade.evaluation.next_user_protocol import cut_table
from graphcascade.evaluation.rollout_protocol import RolloutProtocol
from graphcascade.loader import CascadeLoader
from graphcascade.models.model import Model
from graphcascade.models.next_user import ScoringModel
from graphcascade.models.next_user.scoring_model import MAX_SCORES
from graphcascade.nn import check_finite
from graphcascade.prediction.rollouts import Rollouts
from graphcascade.prediction.simulate_model import simulate_model

__all__ = ["Answer", "answer_cascades"]

MIN_SCORE = 1e-9  # lower bound of a baseline's scores, whose logarithm is taken


@dataclass(frozen=True, eq=False)
class Answer:
    """Predicted users of each cascade and their shares.

    Args:
        cascade: Number of the cascade, ``[P]`` int64.
        user: Number of the user, ``[P]`` int64.
        share: How certain the user is, ``[P]`` float64 up to 1.
        size: How many users were asked for, ``[C]`` int64.
    """

    cascade: Tensor
    user: Tensor
    share: Tensor
    size: Tensor


def answer_cascades(
    model: Model,
    table: CascadeTable,
    protocol: RolloutProtocol,
    baseline: ScoringModel | None,
    seed: int,
    progress: bool,
) -> tuple[dict[tuple[str, str], Answer], int | None]:
    """Predicts the users after the source of each cascade.

    Args:
        model: A trained model.
        table: Cascades of two users or more.
        protocol: How to simulate.
        baseline: A counting baseline whose scores are combined with the simulations.
        seed: Seed of the simulations.
        progress: Show a progress bar, on terminals and in notebooks.

    Returns:
        The answers by kind and horizon, as in the columns ``answer`` and ``horizon`` of a result; and the number of
        users drawn, or ``None`` without simulations.
    """
    after = table.size - 1
    early = after.clamp(max=protocol.early_steps)
    if isinstance(model, ScoringModel):
        sets = {
            ("set", horizon): _top_by_score(model, table, size) for horizon, size in (("full", after), ("early", early))
        }
        return sets, None
    rollouts = simulate_model(
        model,
        table.source,
        table.time[table.ptr[:-1]],
        after,
        simulations=protocol.simulations,
        temperature=protocol.temperature,
        terminate=protocol.terminate,
        early_steps=protocol.early_steps,
        seed=seed,
        progress=progress,
    )
    sampled, sets = {}, {}
    for horizon, share, size in (("full", rollouts.share, after), ("early", rollouts.early, early)):
        sampled["sampled", horizon] = Answer(rollouts.cascade, rollouts.user, share, size)
        if baseline is None:
            sets["set", horizon] = _top_by_share(rollouts, share, size)
        else:
            blend = _Blend(rollouts, share, protocol.counter_weight)
            sets["set", horizon] = _top_by_score(baseline, table, size, blend)
    return sampled | sets, rollouts.draws


def _top_by_share(rollouts: Rollouts, share: Tensor, size: Tensor) -> Answer:
    """For each cascade, the ``size`` users with the highest shares; ties go to the smaller number."""
    kept = (share > 0).nonzero().view(-1)
    order = kept[torch.argsort(share[kept], descending=True, stable=True)]
    order = order[torch.argsort(rollouts.cascade[order], stable=True)]
    count = torch.bincount(rollouts.cascade[order], minlength=rollouts.num_cascades)
    ptr = torch.cat([count.new_zeros(1), count.cumsum(0)])
    order = order[segment_positions(ptr) < size[rollouts.cascade[order]]]
    return Answer(rollouts.cascade[order], rollouts.user[order], torch.ones(order.numel(), dtype=torch.float64), size)


@dataclass(frozen=True, eq=False)
class _Blend:
    """Combines shares ``[P]`` of users in simulations with the scores of a counting baseline."""

    rollouts: Rollouts
    share: Tensor
    weight: float

    def __call__(self, score: Tensor, start: int) -> Tensor:
        """Weighted sums of log-scores and log-shares ``[C, U]``, for the cascades from number ``start`` on."""
        low, high = torch.searchsorted(self.rollouts.cascade, torch.tensor([start, start + score.size(0)])).tolist()
        share = torch.full_like(score, 0.5 / self.rollouts.simulations)  # of users whom no simulation infects
        row, user = self.rollouts.cascade[low:high] - start, self.rollouts.user[low:high]
        share[row, user] = share[row, user].maximum(self.share[low:high])
        return self.weight * score.clamp(min=MIN_SCORE).log() + (1 - self.weight) * share.log()


def _top_by_score(
    model: ScoringModel, table: CascadeTable, size: Tensor, blend: Callable[[Tensor, int], Tensor] | None = None
) -> Answer:
    """For each cascade, the ``size`` users with the highest scores given its source."""
    sources = CascadeDataset(cut_table(table, 1, "first"))
    cascades, users = [], []
    step = max(1, MAX_SCORES // model.num_users)
    for number, batch in enumerate(CascadeLoader(sources, batch_size=step)):
        score = model.scores(batch)
        check_finite(score)
        if blend is not None:
            score = blend(score, number * step)
        own = batch.user < model.num_users
        score[own.nonzero().view(-1), batch.user[own]] = -math.inf
        wanted = size[number * step : number * step + score.size(0)]
        order = torch.sort(score, descending=True, stable=True).indices  # ties go to the smaller number
        top = order[:, : min(int(wanted.max()), model.num_users - 1)]
        chosen = torch.arange(top.size(1)) < wanted[:, None]
        cascade, _ = chosen.nonzero(as_tuple=True)
        cascades.append(cascade + number * step)
        users.append(top[chosen])
    user = torch.cat(users)
    return Answer(torch.cat(cascades), user, torch.ones(user.numel(), dtype=torch.float64), size)
