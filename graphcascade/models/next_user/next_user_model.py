from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_ids, segment_steps
from graphcascade.errors import UsageError
from graphcascade.models.next_user.encoding import Encoding
from graphcascade.models.next_user.next_events import NextEvents
from graphcascade.models.next_user.next_user_predictor import AttributionKind, NextUserPredictor
from graphcascade.nn import TimeFeatures, TimeHead, UserEmbedding, UserSoftmax

__all__ = ["Cache", "NextUserModel"]

Cache = tuple[Tensor, ...]


class NextUserModel(NextUserPredictor):
    """Base class of trained models that predict who is infected next, and optionally when.

    A model encodes a batch of whole cascades at once (:meth:`encode`) or event by event (:meth:`start` and
    :meth:`advance`); both give the same rows. Row ``i`` depends only on the events up to ``i`` of its own cascade.

    Args:
        embedding: Vectors of the users, ``(user [E], source [E]) -> [E, d]``.
        readout: Distribution of the next user, given rows of ``Encoding.user``.
        time_head: Distribution of the time until the next event, given rows of ``Encoding.time``; ``None`` for models
            that do not predict times.
    """

    def __init__(self, embedding: UserEmbedding, readout: UserSoftmax, time_head: TimeHead | None = None) -> None:
        super().__init__()
        self.embedding = embedding
        self.readout = readout
        self.time_head = time_head
        if embedding.scores_users:
            readout.score_with(embedding)

    @property
    def seen(self) -> Tensor:
        """Users that occur in the training cascades, ``[num_users]`` bool; the others share one embedding."""
        return self.embedding.seen

    @seen.setter
    def seen(self, seen: Tensor) -> None:
        self.embedding.set_seen(seen)

    @property
    def predicts_cascades(self) -> bool:
        return True

    @property
    def num_users(self) -> int:
        return self.readout.num_users

    @property
    def masks_infected(self) -> bool:
        return self.readout.mask_infected

    @property
    def predicts_end(self) -> bool:
        return self.readout.terminate

    @property
    def predicts_times(self) -> bool:
        return self.time_head is not None

    @property
    def longest_interval(self) -> float:
        return float(getattr(self.time_head, "horizon", math.inf))

    def count_better(
        self, batch: Data, events: NextEvents, mask_infected: bool, count_end: bool
    ) -> tuple[Tensor, Tensor]:
        history = events.history if mask_infected or self.masks_infected else None
        return self.readout.rank(self.encode(batch).user[events.row], events.target, history, count_end)

    def score_next(
        self, batch: Data, events: NextEvents, elapsed: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        encoding = self.encode(batch)
        score = self.readout.log_prob(encoding.user[events.row], events.history)[:, : self.num_users].exp()
        if self.time_head is None or encoding.time is None:
            return score, None
        return score, self.time_head.mean(encoding.time[events.row], elapsed).double()

    def intervals(self, batch: Data) -> tuple[Tensor, Tensor, Tensor]:
        head = self.time_head
        if head is None:
            return super().intervals(batch)
        x = self.encode(batch).time
        assert x is not None
        x = x[:-1][segment_ids(batch["ptr"]).diff() == 0]
        log_prob = head.log_prob(x, segment_steps(batch["time"], batch["ptr"]))
        return log_prob.double(), head.mean(x).double(), head.median(x).double()

    @abstractmethod
    def encode(self, batch: Data, alignment: bool = False) -> Encoding:
        """Encodes cascades.

        Args:
            batch: A batch of cascades with ``user`` ``[E]``, ``time`` ``[E]``, ``batch`` ``[E]``, ``ptr`` ``[B + 1]``.
            alignment: Whether to return the alignment too, if the model has one.
        """

    @abstractmethod
    def start(self, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        """Encodes the first event of ``R`` cascades, which :meth:`advance` continues.

        Args:
            user: Sources, ``[R]`` int64.
            time: Their times, ``[R]`` float64.

        Returns:
            An encoding of ``R`` rows, and a cache of tensors with ``R`` rows each.
        """

    @abstractmethod
    def advance(self, cache: Cache, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        """Encodes one more event of each row.

        Args:
            cache: Cache that the previous call returned.
            user: Infected users, ``[R]`` int64.
            time: Times of infection, ``[R]`` float64.

        Returns:
            As :meth:`start`.
        """

    def align(self, batch: Data, attribution: AttributionKind = "alignment") -> Data:
        graph = self.encode(batch, alignment=True).alignment if attribution == "alignment" else None
        return super().align(batch, attribution) if graph is None else graph

    @property
    def attends_to_users(self) -> bool:
        """Whether the model has attention between two users, see :meth:`user_attention`."""
        return False

    def user_attention(self, query: Tensor, key: Tensor) -> Tensor:
        """Returns how much users attend to other users, if the model has such attention.

        Args:
            query: Vectors of users, ``[R, d]``.
            key: Vectors of the users that they attend to, ``[U, d]``.

        Returns:
            Weights ``[R, U]``; each row sums to one.

        Raises:
            UsageError: The model has no attention between two users.
        """
        raise UsageError(f"{type(self).__name__} has no attention between two users.")

    def prepare(self, train: CascadeDataset) -> None:
        """Sets values that are not trained by gradients: users and sources of the training cascades, scales of time.

        Args:
            train: Training cascades over ``num_users`` users.

        Raises:
            UsageError: The model uses dates, and the times are not Unix seconds.
        """
        self.embedding.set_seen(train.seen)
        is_source = torch.zeros(train.num_users, dtype=torch.bool)
        self.embedding.set_sources(is_source.index_fill_(0, train.sources, True))
        self.embedding.prepare(train)
        parts = [part for part in self.modules() if isinstance(part, (TimeFeatures, TimeHead))]
        for part in parts:
            if isinstance(part, TimeFeatures):
                part.check(train.time_unit, train.times_absolute)
        if parts:
            waits = (segment_steps(table.time, table.ptr) for table in train.tables())
            interval = torch.cat([torch.zeros(0, dtype=torch.double), *waits])
            for part in parts:
                part.prepare(interval)

    @contextmanager
    def precomputed(self) -> Iterator[None]:
        """Context in which :meth:`start` and :meth:`advance` may reuse values that depend only on the weights.

        Weights must not change inside; allows caching. The results are the same but may have no gradient. A cache that
        these methods return inside must not be used outside.
        """
        yield

    def sources(self, batch: Data) -> Tensor:
        """Returns the source of each event's cascade, ``[E]``; in training, the embedding may hide some sources."""
        return self.embedding.drop_sources(batch.user[batch.ptr[:-1]])[batch.batch]
