from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from graphcascade.errors import UsageError
from graphcascade.models.next_user.encoding import Encoding
from graphcascade.models.next_user.next_user_model import Cache, NextUserModel
from graphcascade.models.next_user.next_user_predictor import AttributionKind
from graphcascade.models.registry import MODELS
from graphcascade.nn import FixedFeatures, UserEmbedding, UserSoftmax, causal_attention

__all__ = ["NDM"]

MAX_TABLE_SIZE = 2**26  # largest number of entries in the table of attention scores
CACHED_WEIGHTS = 2**19  # attention weights that are looked up in the tables at a time; limits the memory
MAX_SCORE_RANGE = 60.0  # in powers of two; above it the attention weights in a table may underflow


@MODELS.register("NDM")
class NDM(NextUserModel):
    r"""Neural diffusion model: attention over the infected users and a convolution over the last of them.

    `Neural Diffusion Model for Microscopic Cascade Prediction <https://arxiv.org/abs/1812.08933>`_, Eq. 1-7:

    .. math::
        w^i_{jk} &= \mathrm{softmax}_{k \le j}\big(\mathrm{emb}(u_j) W^Q_i (\mathrm{emb}(u_k) W^K_i)^\top\big) \\
        \mathrm{head}_i &= \sum_k w^i_{jk}\, \mathrm{emb}(u_k) W^V_i, \qquad
        \mathrm{act}(u_j) =
            \mathrm{LayerNorm}\big(\mathrm{emb}(u_j) + [\mathrm{head}_1 \dots \mathrm{head}_h] W^O\big) \\
        \mathrm{pre}_j &= \mathrm{softmax}\Big(\sum_{n < \mathrm{win}} \mathrm{act}(u_{j-n}) W^C_n
            + F_\mathrm{init}\, \mathrm{act}(u_0) W^C_\mathrm{init}\Big)

    If a batch has ``edge_index`` (see :class:`~graphcascade.transforms.FollowEdges`), events attend along these edges
    instead of to all earlier events.

    Args:
        num_users: Number of users.
        dim: Size :math:`d` of the user vectors.
        heads: Number :math:`h` of heads, each with its own projections of size ``dim`` x ``dim``; ``None`` for the
            single head without projections of Eq. 1-2.
        window: Size of the convolution, ``win``.
        init: Whether the active embedding of the source is an input of each prediction, :math:`F_\mathrm{init}`.
        dropout: Dropout on the attention weights.
        terminate: Whether to predict the end of the cascade too, as the paper does.
        mask_infected: Whether to leave infected users out of the distribution.
        scale: Whether to divide the scores of attention by the square root of ``dim``, as the authors' code does but
            the paper does not.
        bias: Whether the readout has a bias, as in the authors' code; the paper has none.
        first_step_norm: Whether to normalize at the first event too. ``False`` reproduces a mistake of the authors'
            code, which makes :meth:`start` differ from :meth:`encode`; it explains the published figures and has no
            other use.
        std: Standard deviation of the initial user vectors.
        social_features: Fixed features of the users, ``[num_users, k]`` with ``k < dim``. They are the first ``k``
            dimensions of the vectors; the others are trained (NDM+SN, Section 5.5). An int ``k`` makes zeros, to be
            filled from a saved model.
        embedding: Replaces the user vectors; its ``dim`` must equal ``dim``.

    Deviations from the paper: infected users have no probability in training either, so that training and simulation
    use the same distribution. Initial user vectors are drawn from N(0, 0.1^2), the authors' from N(0, 1); see ``std``.
    """

    def __init__(
        self,
        num_users: int,
        dim: int = 64,
        heads: int | None = 8,
        window: int = 3,
        init: bool = False,
        dropout: float = 0.1,
        terminate: bool = True,
        mask_infected: bool = True,
        scale: bool = False,
        bias: bool = False,
        first_step_norm: bool = True,
        std: float = 0.1,
        social_features: Tensor | int | None = None,
        embedding: UserEmbedding | None = None,
    ) -> None:
        for name, value in (("window", window), ("heads", 1 if heads is None else heads), ("dim", dim)):
            if value < 1:
                raise UsageError(owner="NDM", argument=name, value=value, reason="must be at least 1")
        if isinstance(social_features, int):
            social_features = torch.zeros(num_users, social_features)
        if social_features is not None:
            if embedding is not None:
                raise UsageError(owner="NDM", argument="social_features", reason="give them or an embedding, not both")
            if social_features.size(0) != num_users:
                reason = f"has {social_features.size(0):,} rows, and there are {num_users:,} users"
                raise UsageError(owner="NDM", argument="social_features", reason=reason)
            embedding = FixedFeatures(social_features, dim, std)
        super().__init__(
            UserEmbedding(num_users, dim, std) if embedding is None else embedding,
            UserSoftmax((window + init) * dim, num_users, terminate, bias, mask_infected),
        )
        self.config["social_features"] = None if social_features is None else social_features.size(1)
        self.window = window
        self.init = init
        self.dropout = dropout
        self.scale = 1 / math.sqrt(dim) if scale else 1.0
        self.first_step_norm = first_step_norm
        self.heads = heads
        for name in ("query", "key", "value", "output"):  # W^Q, W^K, W^V, W^O, one matrix per head
            shape = (heads or 0, dim, dim)
            self.register_parameter(name, None if heads is None else nn.Parameter(torch.empty(shape)))
        self.norm = nn.LayerNorm(dim)
        self.reset_parameters()

    query: nn.Parameter
    key: nn.Parameter
    value: nn.Parameter
    output: nn.Parameter

    def reset_parameters(self) -> None:
        """Reinitializes all weights; projections from the Xavier uniform distribution."""
        if self.heads is not None:
            bound = math.sqrt(3) * math.sqrt(1 / self.query.size(2))  # of the Xavier distribution, for each head
            for matrix in (self.query, self.key, self.value):
                nn.init.uniform_(matrix, -bound, bound)
            # W^O maps all heads to one vector.
            nn.init.xavier_uniform_(self.output.data.view(-1, self.output.size(2)))
        self.norm.reset_parameters()
        self.embedding.reset_parameters()
        self.readout.reset_parameters()

    @property
    def attributions(self) -> tuple[AttributionKind, ...]:
        return ("alignment",)

    @property
    def attends_to_users(self) -> bool:
        return True

    def encode(self, batch: Data, alignment: bool = False) -> Encoding:
        vector = self.embedding(batch.user, self.sources(batch) if self.embedding.uses_source else None)
        query, values = self._projections()
        source = vector.unsqueeze(1)  # keys and values are the same for all heads
        attended, graph = causal_attention(
            source,
            source,
            source,
            batch["ptr"],
            edge_index=batch.get("edge_index"),
            scale=self.scale,
            dropout=self.dropout,
            training=self.training,
            return_weights=alignment,
            query_weight=query,
            output_weight=values,
        )
        if graph is not None and self.heads not in (None, 1):
            graph.edge_weight = graph["edge_weight"].mean(1)
        active = self.norm(vector + attended)
        # The windows have earlier events of the same cascade, and zeros before its source. Row 0 is zero; event i is
        # row i + 1.
        first = batch["ptr"][:-1][batch["batch"]].unsqueeze(1)
        event = torch.arange(active.size(0), device=active.device).unsqueeze(1)
        earlier = event - torch.arange(self.window, device=active.device)
        row = (earlier + 1).masked_fill_(earlier < first, 0)
        if self.init:
            row = torch.cat([row, first + 1], 1)
        padded = nn.functional.pad(active, (0, 0, 1, 0))
        return Encoding(padded.index_select(0, row.view(-1)).view(active.size(0), -1), None, graph)

    def start(self, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        if self._tables is None:
            vector = self.embedding(user, user)
            _, values = self._projections()
            # A source attends only to itself, in each head.
            attended = vector.repeat(1, values.size(0) // vector.size(1)) @ values
            history = vector.unsqueeze(1)
        else:
            history = self._clamp_unknown(user).unsqueeze(1)
            vector, attended = self._attend(history, history[:, 0])
        raw = vector + attended
        active = self.norm(raw)
        no_earlier = active.new_zeros(user.numel(), (self.window - 1) * active.size(1))
        first = active if self.init else active[:, :0]
        encoding, recent = self._make_encoding(active, no_earlier, first)
        if not self.first_step_norm:  # for this step only: the next step of the authors' code encodes all events again
            encoding, _ = self._make_encoding(raw, no_earlier, raw if self.init else first)
        return encoding, (user, first, recent, history)

    def advance(self, cache: Cache, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        source, first, recent, history = cache
        if self._tables is None:
            vector = self.embedding(user, source)
            history = torch.cat([history, vector.unsqueeze(1)], 1)
            query, values = self._projections()
            score = self._queries(vector, query) @ history.transpose(1, 2) * self.scale  # [R, h, events]
            attended = (score.softmax(-1) @ history).flatten(1) @ values
        else:
            user = self._clamp_unknown(user)
            history = torch.cat([history, user.unsqueeze(1)], 1)
            vector, attended = self._attend(history, user)
        active = self.norm(vector + attended)
        window, recent = self._make_encoding(active, recent, first)
        return window, (source, first, recent, history)

    @contextmanager
    def precomputed(self) -> Iterator[None]:
        """Precomputes the attention scores and values of all users, which depend on the user only.

        The tables have about ``heads * num_users ** 2`` entries. Nothing is precomputed if that exceeds
        ``MAX_TABLE_SIZE``, if the embedding depends on the source, or if the scores of a user span more than
        ``MAX_SCORE_RANGE`` powers of two.
        """
        users = self.num_users + 1  # the last one is the unknown user
        with torch.no_grad():
            query, values = self._projections()
            dim = values.size(1)
            if not self.embedding.uses_source and values.size(0) // dim * users**2 <= MAX_TABLE_SIZE:
                vector = self.embedding(torch.arange(users, device=values.device))
                score = torch.einsum("uhd,vd->uvh", self._queries(vector, query), vector) * (self.scale / math.log(2))
                value = torch.einsum("ud,hde->uhe", vector, values.view(-1, dim, dim))
                score -= score.amax(1, keepdim=True)
                if float(score.min()) > -MAX_SCORE_RANGE:
                    self._tables = vector, score.exp2_().flatten(0, 1), value.flatten(0, 1)
        try:
            yield
        finally:
            self._tables = None

    _tables: tuple[Tensor, Tensor, Tensor] | None = None

    def _clamp_unknown(self, user: Tensor) -> Tensor:
        return user.clamp(max=self.num_users).int()  # the number of a table's row is below MAX_TABLE_SIZE

    def _attend(self, history: Tensor, user: Tensor) -> tuple[Tensor, Tensor]:
        """Looks up the vectors of the users ``[R]``, and their attention to the users ``[R, events]``."""
        assert self._tables is not None
        vectors, shares, values = self._tables
        heads = shares.size(1)
        head = torch.arange(heads, device=history.device, dtype=history.dtype)
        vector = nn.functional.embedding(user, vectors)
        attended = torch.empty_like(vector)
        step = max(1, CACHED_WEIGHTS // (heads * history.size(1)))
        for begin in range(0, user.numel(), step):
            rows = slice(begin, begin + step)
            earlier = history[rows]
            weight = nn.functional.embedding(user[rows, None] * vectors.size(0) + earlier, shares)  # [R, events, h]
            weight = weight.div_(weight.sum(1, keepdim=True)).flatten(1)
            row = (earlier.unsqueeze(2) * heads + head).flatten(1)
            attended[rows] = nn.functional.embedding_bag(row, values, per_sample_weights=weight, mode="sum")
        return vector, attended

    @staticmethod
    def _make_encoding(active: Tensor, recent: Tensor, first: Tensor) -> tuple[Encoding, Tensor]:
        """Returns the input of the readout, and the recent active vectors for the next step."""
        window = torch.cat([active, recent, first], 1)
        return Encoding(window), window[:, : recent.size(1)]

    def _projections(self) -> tuple[Tensor, Tensor]:
        """Returns ``(W^Q (W^K)^T)^T`` of all heads, stacked to ``[h d, d]``, and ``W^V W^O`` in the same form.

        With these products, keys and values are the user vectors themselves. The scores are the same, with half of the
        projections.
        """
        if self.heads is None:
            identity = torch.eye(self.embedding.dim, dtype=self.norm.weight.dtype, device=self.norm.weight.device)
            return identity, identity
        return (self.key @ self.query.transpose(1, 2)).flatten(0, 1), (self.value @ self.output).flatten(0, 1)

    def user_attention(self, query: Tensor, key: Tensor) -> Tensor:
        """Returns the weights of Eq. 4 between users instead of events, averaged over the heads.

        Args:
            query: Vectors of users, ``[R, d]``.
            key: Vectors of the users that they attend to, ``[U, d]``.

        Returns:
            Weights ``[R, U]``; each row sums to one.
        """
        score = self._queries(query, self._projections()[0]) @ key.T * self.scale
        return score.softmax(-1).mean(1)

    @staticmethod
    def _queries(vector: Tensor, query: Tensor) -> Tensor:
        """Returns the queries of all heads, ``[E, h, d]``."""
        return nn.functional.linear(vector, query).view(-1, query.size(0) // query.size(1), vector.size(1))
