from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

import graphcascade
from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.data.cascades.table import CascadeTable
from graphcascade.data.cascades.users import in_time_unit, match_users
from graphcascade.data.segments import segment_ids, segment_positions
from graphcascade.errors import DataError, UsageError
from graphcascade.evaluation.cascade_answers import Answer, answer_cascades
from graphcascade.evaluation.evaluate import model_name
from graphcascade.evaluation.metric_rows import MetricRow, Unit, metric_rows
from graphcascade.evaluation.overlap import count_overlap
from graphcascade.evaluation.result import Result
from graphcascade.evaluation.rollout_protocol import RolloutProtocol
from graphcascade.models.model import Model
from graphcascade.models.next_user import ScoringModel
from graphcascade.value_types import check_numbers

__all__ = ["evaluate_cascades"]


@torch.no_grad()
@check_numbers
def evaluate_cascades(
    model: Model,
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

    which are the paper's formulas, simplified. The horizon "early" compares the first ``protocol.early_steps`` users of
    both. The answer "set" takes the :math:`|G_c|` users of highest :math:`P_u^c` instead of the shares, which "sampled"
    takes. The predictions know :math:`|G_c|`.

    Args:
        model: A trained model. A scoring model is not simulated: it scores all users once, given the source, and only
            the "set" figures exist. A diffusion model simulates cascades on its network, without a horizon.
        data: Cascades, such as the test part of a split.
        protocol: How to simulate.
        seed: Seed of the simulations.
        progress: Show a progress bar, on terminals and in notebooks.
        train: The training cascades, over the same users. With them the result also has figures for new test cascades
            ("new" in the column ``targets``), if there are any: those without two events at the same time whose
            sequence of users is not that of a training cascade.
        counter: A trained counting baseline over the model's users, such as
            :class:`~graphcascade.models.SourceCooccurrence`, for a protocol with ``counter_weight`` (not from
            a paper).
        allow_overlap: Also test cascades that the model or the baseline was trained on; the result counts them.

    Returns:
        Macro-F1 and Micro-F1 with standard errors over cascades.

    Raises:
        UsageError: Some test cascades were used in training; scores are not finite; the protocol's temperature or
            ``terminate`` does not apply to the model; ``train`` or ``counter`` has other users; ``counter`` is given
            without ``protocol.counter_weight`` or the other way round.
        DataError: No cascade has a second user; the model knows none of the users.
    """
    start = time.perf_counter()
    data = as_dataset(data, "data")
    protocol = RolloutProtocol() if protocol is None else protocol
    _check_baseline(model, counter, protocol)
    model.require_trained()
    overlap = count_overlap(model, data, allow_overlap)
    if counter is not None:
        overlap = count_overlap(counter, data, allow_overlap) | overlap
    table = match_users(in_time_unit(data, model.time_unit), model.user_ids).table
    table = table.select(torch.nonzero(table.size > 1).view(-1))
    if table.num_cascades == 0:
        raise DataError(f"{data.name}: no cascade has a second user, so there is nothing to predict.")
    counts = _count_cascades(model, data, table) | overlap
    groups = {"all": torch.ones(table.num_cascades, dtype=torch.bool)}
    if train is not None:
        groups |= _find_new(data, table, train, counts)
    answers, draws = answer_cascades(model, table, protocol, counter, seed, progress)
    if draws is not None:
        counts["users drawn"] = draws
    return Result(
        model=model_name(model),
        dataset=data.name,
        metrics=pd.DataFrame(_measure(answers, groups, table, model.num_users)),
        protocol=protocol,
        counts=counts,
        split=data.split,
        seed=seed,
        seconds=time.perf_counter() - start,
        version=graphcascade.__version__,
    )


def _count_cascades(model: Model, data: CascadeDataset, table: CascadeTable) -> dict[str, int]:
    """Counts what is tested and what is not; ``table`` has the cascades of ``data`` that have a second user."""
    return {
        "cascades": table.num_cascades,
        "users after the source": int((table.size - 1).sum()),
        "users not seen in training": int((~_seen(model, table)).sum()),
        "sources not seen in training": int((~_known(model, table.source)).sum()),
        "cascades of one user, left out": len(data) - table.num_cascades,
        "cascades cut": 0 if table.cut is None else int(table.cut.sum()),
        "cascades dropped before the split": table.dropped,
    }


def _find_new(
    data: CascadeDataset, table: CascadeTable, train: CascadeDataset, counts: dict[str, int]
) -> dict[str, Tensor]:
    """Returns which cascades are new and in a clear order, if any are, and adds how many are not to the counts."""
    if not np.array_equal(train.user_ids, data.user_ids):
        raise UsageError(f"{train.name} (training) has other users than {data.name}; take both from the same splits().")
    repeated = _repeats_cascade(data.table, train.table)[data.table.size > 1]
    tied = _has_tied_times(table)
    counts["cascades that are in training, too"] = int(repeated.sum())
    counts["cascades with tied times"] = int(tied.sum())
    new = ~(repeated | tied)
    return {"new": new} if bool(new.any()) else {}


def _measure(
    answers: dict[tuple[str, str], Answer], groups: dict[str, Tensor], table: CascadeTable, num_users: int
) -> list[MetricRow]:
    """Returns the rows of F1 for each answer and each group of cascades."""
    rows: list[MetricRow] = []
    units: dict[str, Unit] = {"Macro-F1": "cascade", "Micro-F1": "event"}
    for (kind, horizon), answer in answers.items():
        correct, total = _count_matches(answer, table, num_users)
        for metric, unit in units.items():  # the mean of 2 correct / total, or the quotient of their sums
            rows += metric_rows(
                metric,
                2 * correct,
                torch.arange(table.num_cascades),
                groups,
                (unit,),
                headline=("all", unit),
                weight=total,
                answer=kind,
                horizon=horizon,
            )
    return rows


def _check_baseline(
    model: Model,
    counter: ScoringModel | None,
    protocol: RolloutProtocol,
) -> None:
    if counter is None:
        if protocol.counter_weight > 0:
            raise UsageError(
                argument="counter_weight",
                value=protocol.counter_weight,
                reason="needs a counting baseline; give counter=SourceCooccurrence(...)",
            )
        return
    if protocol.counter_weight == 0 or isinstance(model, ScoringModel):
        reason = "counter_weight is 0" if protocol.counter_weight == 0 else f"{type(model).__name__} is not simulated"
        raise UsageError(
            argument="counter", value=type(counter).__name__, reason=f"{reason}, so it has no effect; leave it out"
        )
    counter.require_trained()
    if counter.num_users != model.num_users or not np.array_equal(_ids(counter), _ids(model)):
        raise UsageError(
            f"{type(counter).__name__} knows other users than {type(model).__name__}; train both on the same dataset."
        )


def _ids(model: Model) -> npt.NDArray[np.object_]:
    return np.arange(model.num_users).astype(object) if model.user_ids is None else model.user_ids


def _seen(model: Model, table: CascadeTable) -> Tensor:
    target = torch.ones(table.num_events, dtype=torch.bool)
    target[table.ptr[:-1]] = False
    return _known(model, table.user[target])


def _known(model: Model, user: Tensor) -> Tensor:
    return model.seen[user.clamp(max=model.num_users - 1)] & (user < model.num_users)


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


def _count_matches(answer: Answer, table: CascadeTable, num_users: int) -> tuple[Tensor, Tensor]:
    """For each cascade, the sum of the shares of true users, and that of all shares plus the number of true users."""
    position = segment_positions(table.ptr)
    cascade = segment_ids(table.ptr)
    is_true = (position > 0) & (position <= answer.size[cascade])
    width = max(num_users, int(table.user.max()) + 1)
    hit = torch.isin(answer.cascade * width + answer.user, cascade[is_true] * width + table.user[is_true])
    cascades = table.num_cascades
    correct = torch.bincount(answer.cascade[hit], answer.share[hit], cascades)
    return correct, torch.bincount(answer.cascade, answer.share, cascades) + answer.size
