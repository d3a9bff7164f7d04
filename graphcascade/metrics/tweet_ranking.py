"""Quality of the order of each user's candidates.

Candidates with the same score count as in a random order: each figure is its mean over all orders of the tied
candidates ("`Computing Information Retrieval Performance Measures Efficiently in the Presence of Tied Scores
<https://doi.org/10.1007/978-3-540-78646-7_38>`_", McSherry and Najork, 2008), so that the order of the input makes no
difference.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from graphcascade.data.segments import segment_ids, segment_positions, segment_ptr

__all__ = ["RankedCandidates", "rank_candidates", "rank_rows"]

PORTION = 128  # positives that are compared with all tweets at a time


class RankedCandidates(NamedTuple):
    """Candidates sorted by user, then by decreasing score; a tie is a run of candidates with one score.

    Args:
        user: Number of each row's user among those who have a positive candidate, ``[E]`` int64.
        position: Position of each row, from 1, ``[E]`` float64.
        before: Rows of the user above the row's tie, ``[E]`` float64.
        size: Rows in the tie, ``[E]`` float64.
        hits: Positives in the tie, ``[E]`` float64.
        hits_before: Positives above the tie, ``[E]`` float64.
        positives: Positives of each user, ``[B]`` float64.
        candidates: Candidates of each user, ``[B]`` float64.
    """

    user: Tensor
    position: Tensor
    before: Tensor
    size: Tensor
    hits: Tensor
    hits_before: Tensor
    positives: Tensor
    candidates: Tensor

    @property
    def probability(self) -> Tensor:
        """Probability that the row at each position is a positive, ``[E]``."""
        return self.hits / self.size

    def sum_by_user(self, value: Tensor) -> Tensor:
        """Sums a value of each row, ``[E]``, for each user, ``[B]``."""
        return torch.zeros_like(self.positives).index_add_(0, self.user, value)


def rank_candidates(score: Tensor, label: Tensor, user: Tensor) -> RankedCandidates:
    """Sorts the candidates of users; users without a positive are left out.

    Args:
        score: Scores, ``[E]``.
        label: Whether each candidate is a positive, ``[E]`` bool.
        user: User of each candidate, ``[E]`` int64, in any order.
    """
    order = torch.argsort(score.double(), descending=True, stable=True)
    order = order[torch.argsort(user[order], stable=True)]
    score, label, user = score[order].double(), label[order].bool(), user[order]
    _, number = torch.unique_consecutive(user, return_inverse=True)
    has_positive = torch.zeros(int(number.max()) + 1 if number.numel() else 0, dtype=torch.bool, device=user.device)
    has_positive[number[label]] = True
    keep = has_positive[number]
    score, label, number = score[keep], label[keep].double(), (has_positive.cumsum(0) - 1)[number[keep]]
    ptr = segment_ptr(torch.bincount(number, minlength=int(has_positive.sum())))
    starts = torch.ones_like(number, dtype=torch.bool)
    starts[1:] = (score.diff() != 0) | (number.diff() != 0)
    tie_ptr = torch.cat([starts.nonzero().view(-1), starts.new_tensor([starts.numel()], dtype=torch.long)])
    tie = segment_ids(tie_ptr)
    total = torch.cat([label.new_zeros(1), label.cumsum(0)])
    first = ptr[:-1][number]
    return RankedCandidates(
        user=number,
        position=segment_positions(ptr).double() + 1,
        before=(tie_ptr[:-1][tie] - first).double(),
        size=tie_ptr.diff()[tie].double(),
        hits=total[tie_ptr].diff()[tie],
        hits_before=total[tie_ptr[:-1][tie]] - total[first],
        positives=total[ptr].diff(),
        candidates=ptr.diff().double(),
    )


def rank_rows(score: Tensor, candidate: Tensor, label: Tensor) -> RankedCandidates:
    """Ranks candidates whose scores are a table, without sorting them.

    Only the rows of ties with a positive are listed, because the others add nothing to a metric.

    Args:
        score: Scores, ``[B, T]``.
        candidate: Which entries are candidates, ``[B, T]`` bool.
        label: Which candidates are positives, ``[B, T]`` bool; each user has one at least.
    """
    num_users, num_tweets = score.shape
    user, tweet = label.nonzero(as_tuple=True)
    above, same = [], []
    for row, own in zip(user.split(PORTION), score[user, tweet].unsqueeze(1).split(PORTION), strict=True):
        others, counted = score[row], candidate[row]
        above.append(((others > own) & counted).sum(1))
        same.append(((others == own) & counted).sum(1))
    key = user * num_tweets + torch.cat(above)  # the same for the positives of a tie, sorted by user, then by score
    tie_key, tie, hits = torch.unique(key, return_inverse=True, return_counts=True)
    size = torch.zeros_like(hits).index_copy_(0, tie, torch.cat(same))
    owner, before = tie_key.div(num_tweets, rounding_mode="floor"), tie_key % num_tweets
    total = torch.cat([hits.new_zeros(1), hits.cumsum(0)])
    first = segment_ptr(torch.bincount(owner, minlength=num_users))[:-1][owner]
    ptr = segment_ptr(size)
    number = segment_ids(ptr)
    return RankedCandidates(
        user=owner[number],
        position=(before[number] + segment_positions(ptr) + 1).double(),
        before=before[number].double(),
        size=size[number].double(),
        hits=hits[number].double(),
        hits_before=(total[:-1] - total[first])[number].double(),
        positives=torch.bincount(user, minlength=num_users).double(),
        candidates=candidate.sum(1).double(),
    )
