from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

import graphcascade
from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.data.segments import segment_ids, segment_positions
from graphcascade.data.table import CascadeTable
from graphcascade.data.users import in_time_unit, match_users
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation.diffusion_rollouts import simulate_diffusion
from graphcascade.evaluation.evaluate import MAX_SCORES, model_name
from graphcascade.evaluation.next_user_protocol import cut_table
from graphcascade.evaluation.overlap import count_overlap
from graphcascade.evaluation.result import Result
from graphcascade.evaluation.rollout_protocol import RolloutProtocol
from graphcascade.evaluation.rollouts import Rollouts, simulate_rollouts
from graphcascade.loader import CascadeLoader
from graphcascade.models.diffusion import DiffusionModel
from graphcascade.models.next_user import NextUserModel, ScoringModel
from graphcascade.nn import check_finite

__all__ = ["evaluate_cascades"]

MIN_SCORE = 1e-9  # lower bound of a baseline's scores, whose logarithm is taken


@dataclass(frozen=True, eq=False)
class _Answer:
    """Predicted users of each cascade and their shares: cascade ``[P]``, user ``[P]``, share ``[P]``."""

    cascade: Tensor
    user: Tensor
    share: Tensor


@torch.no_grad()
def evaluate_cascades(
    model: NextUserModel | ScoringModel | DiffusionModel,
    data: CascadeDataset,
    protocol: RolloutProtocol | None = None,
    seed: int = 0,
    progress: bool = False,
    train: CascadeDataset | None = None,
    counter: ScoringModel | None = None,
    allow_overlap: bool = False,
) -> Result:
    r"""Predicts who is infected after the source of each cascade and measures the F1 (NDM paper, Section 5.3).

    With :math:`P_u^c` the share of simulations of cascade :math:`c` that infect :math:`u`, and :math:`G_c` the users
    after its source,

    .. math::
        h_c = \sum_{u \in G_c} P_u^c, \quad p_c = \sum_u P_u^c, \qquad
        \text{Macro-F1} = \frac{1}{C} \sum_c \frac{2 h_c}{p_c + |G_c|}, \quad
        \text{Micro-F1} = \frac{2 \sum_c h_c}{\sum_c p_c + \sum_c |G_c|},

    which are the paper's formulas, simplified. "Early" compares the first ``protocol.first`` users of both. "Set" takes
    the :math:`|G_c|` users of highest :math:`P_u^c` instead of the shares. The predictions know :math:`|G_c|`.

    Args:
        model: A trained model. A scoring model is not simulated: it scores all users once, given the source, and only
            the "set" figures exist. A diffusion model simulates cascades on its network, without a horizon.
        data: Cascades, such as the test part of a split.
        protocol: How to simulate.
        seed: Seed of the simulations.
        progress: Show a progress bar, on terminals.
        train: The training cascades, over the same users. With them the result also has figures for new test cascades
            ("new" in the column ``targets``), if there are any: those without two events at the same time whose
            sequence of users is not that of a training cascade.
        counter: A trained counting baseline over the model's users, such as
            :class:`~graphcascade.models.SourceCooccurrence`, for a protocol with ``counts`` (not from a
            paper).
        allow_overlap: Also test cascades that the model or the baseline was trained on; the result counts them.

    Returns:
        Macro-F1 and Micro-F1 with standard errors over cascades.

    Raises:
        UsageError: Some test cascades were used in training; scores are not finite; the protocol's temperature or
            ``terminate`` does not apply to the model; ``train`` or ``counter`` has other users; ``counter`` is given
            without ``protocol.counts`` or the other way round.
        DataError: No cascade has a second user; the model knows none of the users.
    """
    start = time.perf_counter()
    data = as_dataset(data, "data")
    protocol = RolloutProtocol() if protocol is None else protocol
    overlap = count_overlap(model, data, allow_overlap)
    _check_baseline(model, counter, protocol)
    if counter is not None:
        overlap = count_overlap(counter, data, allow_overlap) | overlap
    if isinstance(model, DiffusionModel):
        model.check_trained()
        if protocol.temperature != 1 or not protocol.terminate:
            raise UsageError(
                f"{type(model).__name__} simulates its own process, which has no temperature and ends by itself; leave "
                "temperature at 1 and terminate at True."
            )
    matched = match_users(in_time_unit(data, model.time_unit), model.user_ids)
    table = matched.table
    table = table.select(torch.nonzero(table.size > 1).view(-1))
    if table.num_cascades == 0:
        raise DataError(f"{data.name}: no cascade has a second user, so there is nothing to predict.")
    after = table.size - 1
    early = after.clamp(max=protocol.first)
    counts = {
        "cascades": table.num_cascades,
        "users after the source": int(after.sum()),
        "unseen true users": int((~_seen(model, table)).sum()),
        "unseen sources": int((~_known(model, table.source)).sum()),
        "cascades of one user, left out": len(data) - table.num_cascades,
        "cascades cut": 0 if table.cut is None else int(table.cut.sum()),
        "cascades dropped before the split": table.dropped,
    } | overlap
    groups = {"all": torch.ones(table.num_cascades, dtype=torch.bool)}
    if train is not None:
        if not np.array_equal(train.user_ids, data.user_ids):
            raise UsageError(
                f"{train.name} (training) has other users than {data.name}; take both from the same splits()."
            )
        repeated = _repeats_cascade(data.table, train.table)[data.table.size > 1]
        new = ~(repeated | _has_tied_times(table))
        if bool(new.any()):
            groups["new"] = new
        counts["cascades that are in training, too"] = int(repeated.sum())
        counts["cascades with tied times"] = int(_has_tied_times(table).sum())
    answers: dict[str, tuple[_Answer, Tensor]] = {}
    if isinstance(model, DiffusionModel):
        rollouts = simulate_diffusion(
            model, table.source, after, protocol.simulations, protocol.first, seed, progress=progress
        )
    elif isinstance(model, NextUserModel):
        rollouts = simulate_rollouts(
            model,
            table.source,
            table.time[table.ptr[:-1]],
            after,
            protocol.simulations,
            protocol.temperature,
            protocol.terminate,
            protocol.first,
            seed,
            progress=progress,
        )
    if not isinstance(model, ScoringModel):
        counts["users drawn"] = rollouts.draws
        answers[""] = _Answer(rollouts.cascade, rollouts.user, rollouts.share), after
        answers[" early"] = _Answer(rollouts.cascade, rollouts.user, rollouts.early), early
        if counter is None:
            answers[" set"] = _top_by_share(rollouts, rollouts.share, after), after
            answers[" early set"] = _top_by_share(rollouts, rollouts.early, early), early
        else:
            blends = [_Blend(rollouts, share, protocol.counts) for share in (rollouts.share, rollouts.early)]
            answers[" set"] = _top_by_score(counter, table, after, blends[0]), after
            answers[" early set"] = _top_by_score(counter, table, early, blends[1]), early
    else:
        answers[" set"] = _top_by_score(model, table, after), after
        answers[" early set"] = _top_by_score(model, table, early), early
    rows = []
    for name, (answer, size) in answers.items():
        right, both = _count_matches(answer, table, size, model.num_users)
        for targets, chosen in groups.items():
            for metric, average, (value, error) in _f1(right[chosen], both[chosen]):
                rows.append((f"{metric}-F1{name}", average, targets, value, error, targets == "all"))
    return Result(
        model=model_name(model),
        dataset=data.name,
        metrics=pd.DataFrame(rows, columns=["metric", "average", "targets", "value", "error", "headline"]),
        protocol=protocol,
        counts=counts,
        split=data.split,
        seed=seed,
        seconds=time.perf_counter() - start,
        version=graphcascade.__version__,
    )


def _check_baseline(
    model: NextUserModel | ScoringModel | DiffusionModel,
    counter: ScoringModel | None,
    protocol: RolloutProtocol,
) -> None:
    if counter is None:
        if protocol.counts > 0:
            raise UsageError(
                f"counts={protocol.counts:g}: needs a counting baseline; give counter=SourceCooccurrence(...)."
            )
        return
    if protocol.counts == 0 or isinstance(model, ScoringModel):
        reason = "counts is 0" if protocol.counts == 0 else f"{type(model).__name__} is not simulated"
        raise UsageError(f"counter={type(counter).__name__}: {reason}, so it has no effect; leave it out.")
    if counter.num_users != model.num_users or not np.array_equal(_ids(counter), _ids(model)):
        raise UsageError(
            f"{type(counter).__name__} knows other users than {type(model).__name__}; train both on the same data set."
        )


def _ids(model: NextUserModel | ScoringModel | DiffusionModel) -> npt.NDArray[np.object_]:
    return np.arange(model.num_users).astype(object) if model.user_ids is None else model.user_ids


def _seen(model: NextUserModel | ScoringModel | DiffusionModel, table: CascadeTable) -> Tensor:
    target = torch.ones(table.num_events, dtype=torch.bool)
    target[table.ptr[:-1]] = False
    return _known(model, table.user[target])


def _known(model: NextUserModel | ScoringModel | DiffusionModel, user: Tensor) -> Tensor:
    return model.seen[user.clamp(max=model.num_users - 1)] & (user < model.num_users)


def _top_by_share(rollouts: Rollouts, share: Tensor, size: Tensor) -> _Answer:
    """For each cascade, the ``size`` users with the highest shares; ties go to the smaller number."""
    kept = (share > 0).nonzero().view(-1)
    order = kept[torch.argsort(share[kept], descending=True, stable=True)]
    order = order[torch.argsort(rollouts.cascade[order], stable=True)]
    count = torch.bincount(rollouts.cascade[order], minlength=rollouts.num_cascades)
    ptr = torch.cat([count.new_zeros(1), count.cumsum(0)])
    order = order[segment_positions(ptr) < size[rollouts.cascade[order]]]
    return _Answer(rollouts.cascade[order], rollouts.user[order], torch.ones(order.numel(), dtype=torch.float64))


@dataclass(frozen=True, eq=False)
class _Blend:
    """Combines shares ``[P]`` of users in simulations with the scores of a counting baseline."""

    rollouts: Rollouts
    share: Tensor
    weight: float

    def __call__(self, score: Tensor, first: int) -> Tensor:
        """Weighted sums of log-scores and log-shares ``[C, U]``, for the cascades from number ``first`` on."""
        low, high = torch.searchsorted(self.rollouts.cascade, torch.tensor([first, first + score.size(0)])).tolist()
        share = torch.full_like(score, 0.5 / self.rollouts.simulations)  # of users whom no simulation infects
        row, user = self.rollouts.cascade[low:high] - first, self.rollouts.user[low:high]
        share[row, user] = share[row, user].maximum(self.share[low:high])
        return self.weight * score.clamp(min=MIN_SCORE).log() + (1 - self.weight) * share.log()


def _top_by_score(
    model: ScoringModel, table: CascadeTable, size: Tensor, blend: Callable[[Tensor, int], Tensor] | None = None
) -> _Answer:
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
    return _Answer(torch.cat(cascades), user, torch.ones(user.numel(), dtype=torch.float64))


def _repeats_cascade(table: CascadeTable, others: CascadeTable) -> Tensor:
    """Whether the sequence of users of each cascade is that of one of the other cascades."""

    def sequences(cascades: CascadeTable) -> list[bytes]:
        return [part.tobytes() for part in np.split(cascades.user.numpy(), cascades.ptr[1:-1].numpy())]

    known = set(sequences(others))
    return torch.tensor([sequence in known for sequence in sequences(table)])


def _has_tied_times(table: CascadeTable) -> Tensor:
    """Whether each cascade has two events at the same time."""
    cascade = segment_ids(table.ptr)
    same = (table.time.diff() == 0) & (cascade.diff() == 0)
    return torch.bincount(cascade[1:][same], minlength=table.num_cascades) > 0


def _count_matches(answer: _Answer, table: CascadeTable, size: Tensor, num_users: int) -> tuple[Tensor, Tensor]:
    """For each cascade, the shares of correct users, and all shares plus the number of true users."""
    position = segment_positions(table.ptr)
    cascade = segment_ids(table.ptr)
    true = (position > 0) & (position <= size[cascade])
    width = max(num_users, int(table.user.max()) + 1)
    hit = torch.isin(answer.cascade * width + answer.user, cascade[true] * width + table.user[true])
    cascades = table.num_cascades
    right = torch.bincount(answer.cascade[hit], answer.share[hit], cascades)
    return right, torch.bincount(answer.cascade, answer.share, cascades) + size


def _f1(right: Tensor, both: Tensor) -> Iterator[tuple[str, str, tuple[float, float]]]:
    cascades = right.numel()
    f1 = 2 * right / both
    error = float(f1.std() / math.sqrt(cascades)) if cascades > 1 else math.nan
    yield "Macro", "cascade", (float(f1.mean()), error)
    micro = 2 * right.sum() / both.sum()
    residual = 2 * right - micro * both
    error = math.nan
    if cascades > 1:
        error = float((residual.square().sum() * cascades / (cascades - 1)).sqrt() / both.sum())
    yield "Micro", "event", (float(micro), error)
