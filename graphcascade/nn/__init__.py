"""Layers that several models share."""

from graphcascade.nn.history import History
from graphcascade.nn.pair_counts import PairCounts
from graphcascade.nn.ranks import count_better
from graphcascade.nn.time_head import TimeHead
from graphcascade.nn.user_embedding import UserEmbedding
from graphcascade.nn.user_softmax import UserSoftmax

__all__ = ["History", "PairCounts", "TimeHead", "UserEmbedding", "UserSoftmax", "count_better"]
