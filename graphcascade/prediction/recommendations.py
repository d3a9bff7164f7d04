from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from graphcascade.data import RetweetNetwork
from graphcascade.data.segments import expand_ranges, segment_ids, segment_positions, segment_ptr
from graphcascade.data.sorted_keys import pairs_of
from graphcascade.errors import UnknownNameError, UsageError, shorten
from graphcascade.models.ranking import RankingModel
from graphcascade.value_types import check_numbers

__all__ = ["recommend_tweets"]

logger = logging.getLogger(__name__)

SHOWN_FOLLOWEES = 3


@check_numbers
def recommend_tweets(
    model: RankingModel, users: Sequence[str] | None = None, k: int = 10, network: RetweetNetwork | None = None
) -> pd.DataFrame:
    """Names the tweets that users are most likely to retweet, of those that they neither posted nor retweeted yet.

    Args:
        model: A trained model.
        users: Ids of users; all users of the network if not given.
        k: Number of tweets for each user; a user with fewer tweets left has fewer rows.
        network: Network of the users and tweets; the one that the model is attached to if not given.

    Returns:
        A table with the columns ``user``, ``rank`` (from 1), ``tweet`` and ``score``; and, if the model weighs
        followees, ``followees``: up to three with the largest weights, such as "bob (0.62), cid (0.21)".

    Raises:
        UsageError: ``k`` is below 1; the model was not trained, or is attached to no network.
        UnknownNameError: A user is not in the network.
    """
    if k < 1:
        raise UsageError(argument="k", value=k, reason="must be at least 1")
    if not isinstance(model, RankingModel):
        raise UsageError(f"{type(model).__name__} does not rank tweets; use predict_next_users.")
    model.require_trained()
    if network is not None:
        model.attach(network)
    network = model.require_attached()
    chosen = torch.arange(network.num_users) if users is None else _find(network, users)
    _warn_about_new(model, network, chosen)
    training = model.training
    model.eval()
    with torch.no_grad():
        row, tweet, score = _best(model, network, chosen, min(k, network.num_tweets))
        weights = model.followee_weights(chosen.to(model.seen.device))
    model.train(training)
    position = torch.arange(row.numel()) - torch.searchsorted(row, row)
    columns: dict[str, Any] = {
        "user": network.user_ids[chosen[row].numpy()],
        "rank": position.numpy() + 1,
        "tweet": network.tweet_ids[tweet.numpy()],
        "score": score.numpy(),
    }
    if weights is not None:
        columns["followees"] = _name_followees(model, network, chosen, weights.cpu())[row.numpy()]
    return pd.DataFrame(columns)


def _warn_about_new(model: RankingModel, network: RetweetNetwork, user: Tensor) -> None:
    """Logs how many of the users and tweets the model does not know."""
    rows = model.user_rows[user.to(model.user_rows.device)]
    new_users, new_tweets = int((rows == model.num_users).sum()), int((model.tweet_rows == model.num_tweets).sum())
    if new_users or new_tweets:
        logger.warning(
            "%s: the model does not know %s of %s users and %s of %s tweets; it knows nothing of the taste of such "
            "users, and of such tweets only their features, if it uses any.",
            network.name,
            f"{new_users:,}",
            f"{user.numel():,}",
            f"{new_tweets:,}",
            f"{network.num_tweets:,}",
        )


def _find(network: RetweetNetwork, users: Sequence[str]) -> Tensor:
    position = pd.Index(network.user_ids).get_indexer(pd.Index(list(users), dtype=object)).astype(np.int64)
    if (position < 0).any():
        unknown = list(users)[int(np.flatnonzero(position < 0)[0])]
        raise UnknownNameError(f"{network.name} has no user {shorten(str(unknown))!r}; give ids of its users.")
    return torch.from_numpy(position)


def _best(model: RankingModel, network: RetweetNetwork, user: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """Returns the positions in ``user``, the tweets and the scores of the best tweets, user by user."""
    count = network.num_tweets
    known = torch.unique(torch.cat([network.retweets, network.posts], 1).T @ torch.tensor([count, 1]))
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    for rows, scores in model.iterate_scores(user.to(model.seen.device)):
        scores = scores.cpu().clone()
        if not bool(torch.stack(scores.aminmax()).isfinite().all()):  # neither is finite if a score is not a number
            raise UsageError("a score is not finite: has training diverged?")
        scores[pairs_of(known, user[rows], count)] = -math.inf
        best, tweet = scores.topk(k, dim=1)
        row = torch.arange(rows.start, rows.stop).unsqueeze(1).expand_as(tweet)
        left = best > -math.inf
        found.append((row[left], tweet[left], best[left]))
    if not found:
        none = torch.empty(0, dtype=torch.long)
        return none, none, none.float()
    row, tweet, score = (torch.cat(parts) for parts in zip(*found, strict=True))
    return row, tweet, score


def _name_followees(model: RankingModel, network: RetweetNetwork, user: Tensor, weight: Tensor) -> Any:
    """Returns the followees with the largest weights for each user, as texts."""
    ptr, followees = model.followee_ptr.cpu(), model.followees.cpu()
    link, link_ptr = expand_ranges(ptr[user], ptr[user + 1])
    owner = segment_ids(link_ptr)
    order = torch.argsort(weight, descending=True, stable=True)
    order = order[torch.argsort(owner[order], stable=True)]
    order = order[segment_positions(link_ptr) < SHOWN_FOLLOWEES]
    names = network.user_ids[followees[link[order]].numpy()]
    shown = [f"{name} ({value:.2f})" for name, value in zip(names, weight[order].tolist(), strict=True)]
    ends = segment_ptr(link_ptr.diff().clamp(max=SHOWN_FOLLOWEES)).tolist()
    return np.array([", ".join(shown[first:last]) for first, last in pairwise(ends)], dtype=object)
