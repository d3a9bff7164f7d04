"""The counting baselines that models of cascades are compared with."""

from __future__ import annotations

from graphcascade.models import Markov, Popularity, RecentUsers, SourceCooccurrence
from graphcascade.models.next_user import CountingModel

__all__ = ["COUNTING_BASELINES"]

COUNTING_BASELINES: tuple[type[CountingModel], ...] = (Popularity, SourceCooccurrence, Markov, RecentUsers)
