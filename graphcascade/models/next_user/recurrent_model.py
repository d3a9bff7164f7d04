from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.models.next_user.encoding import Encoding
from graphcascade.models.next_user.next_user_model import Cache, NextUserModel
from graphcascade.nn import TimeFeatures, TimeHead, UserEmbedding, UserSoftmax, run_recurrence, step_order

__all__ = ["RecurrentModel"]


class RecurrentModel(NextUserModel):
    """Base class of :class:`LSTM`, :class:`RNN` and :class:`RMTPP`: embedding, recurrent layer, readout of its state.

    Args:
        num_users: Number of users.
        dim: Size of the user vectors.
        hidden: Size of the state.
        dropout: Dropout on the user vectors and on the states.
        terminate: Whether to predict the end of the cascade too.
        mask_infected: Whether to leave infected users out of the distribution.
        std: Standard deviation of the initial user vectors.
        embedding: Replaces the trained user vectors; its ``dim`` must equal ``dim``.
        recurrence: Makes the layer, ``(input size, state size) -> layer``.
        features: Features of the times that are further inputs of the layer, or ``None``.
        time_head: Distribution of the next interval, given the states, or ``None``.
    """

    recurrence: nn.RNNBase

    def __init__(
        self,
        num_users: int,
        dim: int,
        hidden: int,
        dropout: float,
        terminate: bool,
        mask_infected: bool,
        std: float,
        embedding: UserEmbedding | None,
        recurrence: Callable[[int, int], nn.RNNBase],
        features: TimeFeatures | None = None,
        time_head: TimeHead | None = None,
    ) -> None:
        for name, value in (("dim", dim), ("hidden", hidden)):
            if value < 1:
                raise UsageError(argument=name, value=value, reason="must be at least 1")
        if not 0 <= dropout < 1:
            raise UsageError(argument="dropout", value=dropout, reason="must be 0 or more, and below 1")
        if embedding is not None:
            embedding.check_size(num_users, dim)
        readout = UserSoftmax(hidden, num_users, terminate, mask_infected=mask_infected)
        vectors = UserEmbedding(num_users, dim, std) if embedding is None else embedding
        super().__init__(vectors, readout, time_head)
        self.features = features
        self.recurrence = recurrence(dim if features is None else dim + features.dim, hidden)
        self.dropout = nn.Dropout(dropout)

    def encode(self, batch: Data, alignment: bool = False) -> Encoding:
        vector = self.dropout(self.embedding(batch.user, self.sources(batch)))
        if self.features is not None:
            vector = torch.cat([vector, self.features(batch.time, batch.ptr)], 1)
        steps = step_order(batch.ptr)
        state = run_recurrence(self.recurrence, vector[steps.event], steps.batch_sizes)
        return self._make_encoding(state[steps.place])

    def start(self, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        return self._step(user, user, time, None, None)

    def advance(self, cache: Cache, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        source, before, *state = cache
        return self._step(user, source, time, before, [part.unsqueeze(0) for part in state])

    def _step(
        self, user: Tensor, source: Tensor, time: Tensor, before: Tensor | None, state: list[Tensor] | None
    ) -> tuple[Encoding, Cache]:
        vector = self.dropout(self.embedding(user, source))
        if self.features is not None:
            vector = torch.cat([vector, self.features.step(time, before)], 1)
        past = None if state is None else tuple(state) if len(state) > 1 else state[0]
        output, after = self.recurrence(vector.unsqueeze(0), past)
        parts = after if isinstance(after, tuple) else (after,)
        return self._make_encoding(output[0]), (source, time, *(part[0] for part in parts))

    def _make_encoding(self, state: Tensor) -> Encoding:
        state = self.dropout(state)
        return Encoding(state, None if self.time_head is None else state)
