from __future__ import annotations

import logging
import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.data.cascades.users import in_time_unit, match_users
from graphcascade.data.cascades.waits import long_wait
from graphcascade.data.segments import segment_ids
from graphcascade.data.time_units import SECONDS, format_time
from graphcascade.errors import UsageError
from graphcascade.loader import CascadeLoader
from graphcascade.models.next_user import NextEvents, NextUserPredictor
from graphcascade.models.next_user.scoring_model import MAX_SCORES
from graphcascade.nn import SourceFusion, check_finite
from graphcascade.value_types import check_numbers

__all__ = ["count_unseen_sources", "match_to_model", "predict_next_users", "require_next_user_model"]

logger = logging.getLogger(__name__)


@torch.no_grad()
@check_numbers
def predict_next_users(
    model: NextUserPredictor, data: CascadeDataset, k: int = 10, now: float | None = None
) -> pd.DataFrame:
    """Predicts who joins each cascade next, after its last event, and when.

    Args:
        model: A trained model.
        data: Cascades so far; users are matched by their ids, and unknown ones are fine.
        k: Number of users to predict for each cascade.
        now: Time until which the data are complete, in their unit; the last event of the data by default.

    Returns:
        ``k`` rows for each cascade, likeliest user first: ``cascade``, ``item``, ``rank``, ``user``, ``score``. The
        score is a probability if the model gives probabilities. Users who are in the cascade already are left out, so
        there are fewer rows if fewer than ``k`` users are left. A model with a time head adds ``time``: when the next
        event is expected, in the unit of the data, given that it has not happened until now; NaN for a cascade that
        has been silent for longer than any wait that the model predicts. ``state`` is "finished" for such a cascade,
        and for one that has been silent for longer than 90 % of the waits of the training cascades; otherwise "open".
        If cascades have no common clock, because their times count from the source or all begin at the same time, there
        is no ``state``, and each time is predicted as if the cascade's last event were now. There is no ``state``
        either if only one of the model's training and the data has a unit of times.

    Raises:
        UsageError: ``now`` is before an event, or times have no common origin; ``k`` is below 1 or above the number of
            users; there is no cascade; scores are not finite; the model predicts times and only one of the model and
            the data has a unit of times.
        DataError: The model knows none of the users.
    """
    data = as_dataset(data, "data")
    require_next_user_model(model)
    if not 1 <= k <= model.num_users:
        raise UsageError(argument="k", value=k, reason=f"must be from 1 to the number of users, {model.num_users:,}")
    matched = match_to_model(model, data)
    unknown = matched.table.user >= model.num_users
    if bool(unknown.any()):
        known = torch.bincount(segment_ids(matched.table.ptr)[~unknown], minlength=len(data))
        logger.warning(
            "%s: the model does not know %s of %s users; %s of %s cascades have only such users.",
            data.name,
            f"{matched.table.user[unknown].unique().numel():,}",
            f"{matched.table.user.unique().numel():,}",
            f"{int((known == 0).sum()):,}",
            f"{len(data):,}",
        )
    unseen = count_unseen_sources(model, data)
    if unseen:
        logger.warning(
            "%s: %s of %s cascades begin with a user who began no training cascade; the model uses no source there.",
            data.name,
            f"{unseen:,}",
            f"{len(data):,}",
        )
    training = model.training
    model.eval()
    now, silence = _silence(data, now)
    factor = 1.0  # of times in the unit of the model
    if matched.time_unit != data.time_unit:
        factor = SECONDS[str(data.time_unit)] / SECONDS[str(matched.time_unit)]
    state = None if now is None or _lacks_unit(model, data) else _states(model, data, silence, factor)
    first = 0
    users, scores, intervals = [], [], []
    size = min(model.batch_size(matched), max(1, MAX_SCORES // model.num_users))
    for batch in CascadeLoader(matched, batch_size=size):
        last = NextEvents.from_batch(batch, model.num_users).select(batch.ptr[1:] - 1)
        elapsed = silence[first : first + last.row.numel()] * factor
        first += last.row.numel()
        score, interval = model.score_next(batch, last, elapsed)
        if interval is not None:
            intervals.append(interval)
        score[last.history.pairs(slice(None), model.num_users)] = -math.inf
        check_finite(score[score != -math.inf])
        top = score.topk(k)
        users.append(top.indices)
        scores.append(top.values)
    model.train(training)
    user = torch.cat(users).numpy()
    table = data.table
    ids = matched.user_ids if model.user_ids is None else model.user_ids
    frame = pd.DataFrame(
        {
            "cascade": np.repeat(np.arange(len(data)), k),
            "item": np.repeat(data.item_ids[table.item.numpy()], k),
            "rank": np.tile(np.arange(1, k + 1), len(data)),
            "user": ids[user.ravel()],
            "score": torch.cat(scores).double().numpy().ravel(),
        }
    )
    if intervals:
        wait = torch.maximum(torch.cat(intervals) / factor, silence)  # also of a head that ignores the elapsed time
        time = table.time[table.ptr[1:] - 1] + wait
        frame["time"] = np.repeat((time if now is None else time.clamp(min=now)).numpy(), k)
    if state is not None:
        frame["state"] = np.repeat(state, k)
    return frame[frame["score"] > -math.inf].reset_index(drop=True)


def _silence(data: CascadeDataset, now: float | None) -> tuple[float | None, Tensor]:
    """Returns the time until which the data are complete, if they have one, and how long each cascade was silent."""
    table = data.table
    last = table.time[table.ptr[1:] - 1]
    problem = table.order_problem
    if problem is not None or last.numel() == 0:
        if now is not None:
            reason = f"has no effect on {data.name}, because {problem}; leave it out"
            raise UsageError(argument="now", value=now, reason=reason)
        return None, torch.zeros_like(last)
    latest = float(last.max())
    if now is not None and not math.isfinite(now):
        raise UsageError(argument="now", value=now, reason="must be finite")
    if now is not None and now < latest:
        later = int((last > now).sum())
        end = format_time(latest, data.time_unit, table.times_are_dates)
        reason = f"{later:,} of {len(data):,} cascades have later events, until {end}; leave them out"
        raise UsageError(argument="now", value=now, reason=f"{reason}, or give a later time")
    now = latest if now is None else now
    return now, now - last


def _lacks_unit(model: NextUserPredictor, data: CascadeDataset) -> bool:
    """Whether only one of the training and the data has a unit of times, so that waits cannot be compared; logs it."""
    lacks = model.long_wait is not None and (model.time_unit is None) != (data.time_unit is None)
    if lacks:
        logger.warning(
            "%s: open and finished cascades are not told apart, because its times have %s unit, and those of the "
            "model's training have %s.",
            data.name,
            "no" if data.time_unit is None else "a",
            "none" if model.time_unit is None else "one",
        )
    return lacks


def _states(model: NextUserPredictor, data: CascadeDataset, silence: Tensor, factor: float) -> npt.NDArray[np.object_]:
    """Returns whether each cascade is open or finished, and logs the rule."""
    limit, origin = model.long_wait, "training cascades"
    if limit is None:  # a model of an earlier version, or one that was not trained
        own = long_wait(data)
        limit, origin = math.inf if own is None else own * factor, f"cascades of {data.name}"
    finished = ((silence * factor > limit) | (silence * factor >= model.longest_interval)).numpy()
    limit = min(limit, model.longest_interval) / factor
    unit = f" {data.time_unit}" if data.time_unit is not None else ""
    logger.info(
        "%s: %s of %s cascades are finished: they have been silent for more than %s%s, as only a tenth of the waits "
        "of the %s.",
        data.name,
        f"{int(finished.sum()):,}",
        f"{len(data):,}",
        f"{limit:,.0f}" if 1000 <= limit < 1e12 else f"{limit:.4g}",
        unit,
        origin,
    )
    return np.where(finished, "finished", "open").astype(object)


def count_unseen_sources(model: NextUserPredictor, data: CascadeDataset) -> int:
    """Number of cascades whose source began no training cascade, so that source fusion has no vector for it.

    It is 0 for models without source fusion.
    """
    fusion = getattr(model, "embedding", None)
    if not isinstance(fusion, SourceFusion):
        return 0
    source = match_users(data, model.user_ids).table.source
    known = fusion.is_source.cpu()[source.clamp(max=model.num_users - 1)] & (source < model.num_users)
    return int((~known).sum())


def match_to_model(model: NextUserPredictor, data: CascadeDataset) -> CascadeDataset:
    """Returns the cascades as a model numbers users and measures times.

    Raises:
        UsageError: The model predicts times, and only one of the model and the data has a unit of times.
        DataError: The model knows none of the users.
    """
    required = model.predicts_times and model.user_ids is not None
    return match_users(in_time_unit(data, model.time_unit, required=required), model.user_ids)


def require_next_user_model(model: object) -> None:
    """Raises an error if a model does not predict next users, or cannot do so yet.

    Raises:
        UsageError: The model predicts whole cascades only; a counting model was not trained.
    """
    if not isinstance(model, NextUserPredictor):
        name = type(model).__name__
        if getattr(model, "predicts_cascades", False):
            raise UsageError(f"{name} predicts whole cascades, not next users; use evaluate_cascades.")
        raise UsageError(f"{name} does not predict next users; give a model such as LSTM.")
    model.require_trained()
