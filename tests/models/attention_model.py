"""A model for tests that uses all parts of the interface of next-user models."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from graphcascade.models.next_user import AttributionKind, Cache, Encoding, NextUserModel
from graphcascade.nn import TimeHead, UserEmbedding, UserSoftmax, causal_attention


class ExponentialHead(TimeHead):
    """Exponential intervals whose rate is log-linear in the encoding."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.log_rate = nn.Linear(features, 1)

    def log_prob(self, x: Tensor, interval: Tensor) -> Tensor:
        log_rate = self.log_rate(x).squeeze(-1)
        return log_rate - log_rate.exp() * interval.to(x.dtype)

    def mean(self, x: Tensor) -> Tensor:
        return (-self.log_rate(x).squeeze(-1)).exp()

    def median(self, x: Tensor) -> Tensor:
        return math.log(2) * self.mean(x)

    def sample(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        return self.mean(x) * torch.empty(x.size(0), dtype=x.dtype).exponential_(generator=generator)


class AttentionModel(NextUserModel):
    """Attention over the last ``window`` events, or along the edges of a batch, with time gaps as features."""

    def __init__(
        self, num_users: int, dim: int = 8, window: int | None = None, embedding: UserEmbedding | None = None
    ) -> None:
        embedding = UserEmbedding(num_users, dim) if embedding is None else embedding
        super().__init__(embedding, UserSoftmax(dim, num_users), ExponentialHead(dim))
        self.window = window
        self.gap = nn.Linear(1, dim)
        self.project = nn.Linear(dim, 3 * dim, bias=False)
        self.dropout = 0.0

    @property
    def attributions(self) -> tuple[AttributionKind, ...]:
        return ("alignment",)

    def encode(self, batch: Data, alignment: bool = False) -> Encoding:
        time, first = batch.time, batch.ptr[:-1]
        gap = time.diff(prepend=time[:1])
        gap[first] = 0
        vector = self._vector(batch.user, self.sources(batch), gap)
        query, key, value = (part.unsqueeze(1) for part in self.project(vector).chunk(3, dim=-1))
        edge_index = batch.get("edge_index")
        window = self.window if edge_index is None else None
        arguments = {"dropout": self.dropout, "training": self.training, "return_weights": alignment}
        attended, graph = causal_attention(query, key, value, batch.ptr, window, edge_index, **arguments)
        return self._encoding(vector, attended.squeeze(1), graph)

    def start(self, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        none = self.gap.weight.new_empty(user.numel(), 0, self.embedding.dim)
        return self.advance((user, time, none, none), user, time)

    def advance(self, cache: Cache, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        source, before, keys, values = cache
        vector = self._vector(user, source, time - before)
        query, key, value = self.project(vector).chunk(3, dim=-1)
        kept = 0 if self.window is None else max(0, keys.size(1) + 1 - self.window)
        keys = torch.cat([keys, key.unsqueeze(1)], 1)[:, kept:]
        values = torch.cat([values, value.unsqueeze(1)], 1)[:, kept:]
        share = (keys @ query.unsqueeze(-1)).softmax(1)
        return self._encoding(vector, (share * values).sum(1)), (source, time, keys, values)

    def _vector(self, user: Tensor, source: Tensor, gap: Tensor) -> Tensor:
        feature = gap.to(self.gap.weight.dtype).log1p().unsqueeze(-1)
        vector: Tensor = self.embedding(user, source) + self.gap(feature)
        return vector

    def _encoding(self, vector: Tensor, attended: Tensor, graph: Data | None = None) -> Encoding:
        state = torch.tanh(vector + attended)
        return Encoding(state, state, graph)
