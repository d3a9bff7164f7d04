from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import elu
from torch_geometric.data import Batch, Data
from torch_geometric.utils import scatter, softmax

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import expand_ranges, segment_positions
from graphcascade.errors import UsageError
from graphcascade.models.next_user.encoding import Encoding
from graphcascade.models.next_user.next_user_model import Cache, NextUserModel
from graphcascade.models.next_user.next_user_predictor import AttributionKind
from graphcascade.models.registry import MODELS
from graphcascade.nn import UserEmbedding, UserSoftmax, causal_attention
from graphcascade.transforms import CausalEdges

__all__ = ["HiDAN"]


@MODELS.register("HiDAN")
class HiDAN(NextUserModel):
    r"""Hierarchical attention network: each event attends to earlier events, and the cascade attends to its events.

    `Hierarchical Diffusion Attention Network <https://doi.org/10.24963/ijcai.2019/531>`_ (Wang and Li, 2019), the
    baseline of DSSF. With the vectors :math:`e_i` of the users:

    .. math::
        h_i &= \mathrm{ELU}(W e_i + b), \qquad
        d_i = \sum_{j < i} \mathrm{softmax}_j\big(h_i W_t^\top W_h h_j\big)\, h_j \\
        g_i &= \sigma(W_g [h_i, d_i] + b_g), \qquad u_i = g_i * h_i + (1 - g_i) * d_i \\
        c_k &= \sum_{i \le k} \mathrm{softmax}_i\big(w^\top (\mathrm{ELU}(W_1 u_i) * \mathrm{ELU}(\lambda_{ki}))\big)\,
        u_i, \qquad p(u_{k+1}) = \mathrm{softmax}(V c_k + b)

    where :math:`t_k - t_i` is divided into intervals with a vector :math:`\lambda` each. DSSF leaves :math:`\lambda`
    out ("time-free").

    Args:
        num_users: Number of users.
        dim: Size of the user vectors.
        hidden: Size of :math:`h`, :math:`u` and :math:`c`.
        window: Number of last events that are used, including the current one; ``None`` for all.
        intervals: Number of intervals of equal width of the time since an event, up to the duration of the longest
            training cascade; 0 ignores time.
        last: Whether to add :math:`u_k` to :math:`c_k` (not in the paper), so that the last user is not lost in
            the mean.
        reencode: Whether to encode the events of each window separately, as the authors' code does. Otherwise
            :math:`d_i` also depends on events before the window. Many times slower.
        dropout: Dropout on the user vectors and on the input of the readout.
        terminate: Whether to predict the end of the cascade too.
        mask_infected: Whether to leave infected users out of the distribution.
        std: Standard deviation of the initial user vectors.
        embedding: Replaces the trained user vectors; its ``dim`` must equal ``dim``.

    Raises:
        UsageError: A number is out of range, or ``reencode`` is set without a window.
    """

    longest: Tensor

    def __init__(
        self,
        num_users: int,
        dim: int = 64,
        hidden: int = 64,
        window: int | None = 30,
        intervals: int = 0,
        last: bool = False,
        reencode: bool = False,
        dropout: float = 0.2,
        terminate: bool = False,
        mask_infected: bool = True,
        std: float = 0.1,
        embedding: UserEmbedding | None = None,
    ) -> None:
        for name, value in (("dim", dim), ("hidden", hidden), ("window", 1 if window is None else window)):
            if value < 1:
                raise UsageError(owner="HiDAN", argument=name, value=value, reason="must be at least 1")
        if intervals < 0:
            raise UsageError(owner="HiDAN", argument="intervals", value=intervals, reason="must be 0 or more")
        if not 0 <= dropout < 1:
            raise UsageError(owner="HiDAN", argument="dropout", value=dropout, reason="must be 0 or more, and below 1")
        if reencode and window is None:
            reason = "encodes each window separately; give a window"
            raise UsageError(owner="HiDAN", argument="reencode", value=True, reason=reason)
        if embedding is not None:
            embedding.check_size(num_users, dim)
        super().__init__(
            UserEmbedding(num_users, dim, std) if embedding is None else embedding,
            UserSoftmax(hidden, num_users, terminate, mask_infected=mask_infected),
        )
        self.window = window
        self.last = last
        self.reencode = reencode
        self.dropout = nn.Dropout(dropout)
        self.input = nn.Linear(dim, hidden)
        self.key = nn.Linear(hidden, hidden, bias=False)  # W_h
        self.query = nn.Linear(hidden, hidden, bias=False)  # W_t
        self.gate = nn.Linear(2 * hidden, hidden)
        self.pool = nn.Linear(hidden, hidden)  # W_1
        self.score = nn.Parameter(torch.empty(hidden))  # w
        self.decay = nn.Parameter(torch.empty(intervals, hidden)) if intervals else None  # lambda
        self.register_buffer("longest", torch.ones((), dtype=torch.float64))
        nn.init.normal_(self.score, std=hidden**-0.5)
        if self.decay is not None:
            nn.init.normal_(self.decay)

    def prepare(self, train: CascadeDataset) -> None:
        super().prepare(train)
        table = train.table
        has_events = table.ptr.diff() > 0
        first, last = table.ptr[:-1][has_events], table.ptr[1:][has_events] - 1
        duration = table.time[last] - table.time[first]
        longest = float(duration.max()) if duration.numel() else 0.0
        self.longest.fill_(longest if longest > 0 else 1.0)

    @property
    def attributions(self) -> tuple[AttributionKind, ...]:
        return ("alignment",)

    def encode(self, batch: Data, alignment: bool = False) -> Encoding:
        vector = self.dropout(self.embedding(batch["user"], self.sources(batch)))
        ptr, edges = batch["ptr"], batch.get("edge_index")
        if not self.reencode:
            return self._encode(vector, batch["time"], ptr, self.window, edges, alignment)
        if edges is not None:
            reason = "uses its own windows, so the cascades must not have edges"
            raise UsageError(owner="HiDAN", argument="reencode", value=True, reason=reason)
        event = torch.arange(vector.size(0), device=ptr.device)
        size = (segment_positions(ptr) + 1).clamp(max=self.window)
        row, bounds = expand_ranges(event + 1 - size, event + 1)
        windows = self._encode(vector[row], batch["time"][row], bounds, None, None, alignment)
        last = bounds[1:] - 1
        graph = windows.alignment
        if graph is not None:  # keep the alignment of the last event of each window
            edge, weight = graph["edge_index"], graph["edge_weight"]
            event_of_row = torch.full_like(row, -1).index_copy_(0, last, event)
            kept = event_of_row[edge[1]] >= 0
            edge = torch.stack([row[edge[0, kept]], event_of_row[edge[1, kept]]])
            graph = Data(edge_index=edge, edge_weight=weight[kept], num_nodes=event.numel())
        return Encoding(windows.user[last], None, graph)

    def start(self, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        empty = self.score.new_zeros(user.numel(), 0, self.embedding.dim if self.reencode else self.score.numel())
        return self._encode_next((user, time[:, None][:, :0], empty, empty), user, time)

    def advance(self, cache: Cache, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        return self._encode_next(cache, user, time)

    def _encode_next(self, cache: Cache, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        source, times, past, gated = cache
        vector = self.dropout(self.embedding(user, source))
        num_dropped = 0 if self.window is None else max(0, past.size(1) + 1 - self.window)
        times = torch.cat([times, time.unsqueeze(1)], 1)[:, num_dropped:]
        if self.reencode:
            past = torch.cat([past, vector.unsqueeze(1)], 1)[:, num_dropped:]
            rows, size = past.shape[:2]
            ptr = torch.arange(rows + 1, device=user.device) * size
            encoding = self._encode(past.flatten(0, 1), times.flatten(), ptr, None, None, False)
            return Encoding(encoding.user[ptr[1:] - 1]), (source, times, past, past[:, :0])
        h = elu(self.input(vector))
        past = past[:, num_dropped:]
        score = (self.key(past) @ self.query(h).unsqueeze(2)).squeeze(2)
        earlier = (score.softmax(1).unsqueeze(1) @ past).squeeze(1)
        u = self._apply_gate(h, earlier)
        gated = torch.cat([gated, u.unsqueeze(1)], 1)[:, num_dropped:]
        pooled = (self._scores(gated, time.unsqueeze(1) - times).softmax(1).unsqueeze(1) @ gated).squeeze(1)
        return self._make_encoding(pooled, u, None), (source, times, torch.cat([past, h.unsqueeze(1)], 1), gated)

    def _encode(
        self, vector: Tensor, time: Tensor, ptr: Tensor, window: int | None, edges: Tensor | None, alignment: bool
    ) -> Encoding:
        h = elu(self.input(vector))
        u = self._apply_gate(h, self._earlier(h, ptr, window, edges))
        if self.decay is None:
            score = self._scores(u, None).view(-1, 1, 1)
            pooled, graph = causal_attention(
                torch.ones_like(score),
                score,
                u.unsqueeze(1),
                ptr,
                window if edges is None else None,
                edges,
                return_weights=alignment,
            )
            return self._make_encoding(pooled.squeeze(1), u, graph)
        if edges is None:
            batch: Any = Batch()
            batch.ptr, batch.num_nodes = ptr, u.size(0)
            edges = CausalEdges(window)(batch).edge_index
        source, target = edges
        score = self._scores(u, None)[source, self._interval(time[target] - time[source])]
        share = softmax(score, target, num_nodes=u.size(0))
        pooled = scatter(share.unsqueeze(1) * u[source], target, dim=0, dim_size=u.size(0), reduce="sum")
        graph = Data(edge_index=edges, edge_weight=share, num_nodes=u.size(0)) if alignment else None
        return self._make_encoding(pooled, u, graph)

    def _earlier(self, h: Tensor, ptr: Tensor, window: int | None, edges: Tensor | None) -> Tensor:
        """Returns the attention of each event to those strictly before it, ``[E, hidden]``; zeros for first events."""
        query, key = self.query(h)[:, None], self.key(h)[:, None]
        if edges is not None:
            strictly_earlier = edges[:, edges[0] != edges[1]]
            attended, _ = causal_attention(query, key, h[:, None], ptr, edge_index=strictly_earlier)
            return attended.squeeze(1)
        if window == 1:
            return torch.zeros_like(h)
        # The strictly earlier events of an event are those up to and including the previous one. So each row uses the
        # query of the next event, and its result is moved to the next row.
        attended, _ = causal_attention(query.roll(-1, 0), key, h[:, None], ptr, None if window is None else window - 1)
        first = ptr[:-1][ptr.diff() > 0]
        return attended.squeeze(1).roll(1, 0).index_fill(0, first, 0)

    def _apply_gate(self, h: Tensor, earlier: Tensor) -> Tensor:
        gate: Tensor = self.gate(torch.cat([h, earlier], 1)).sigmoid()
        return gate * h + (1 - gate) * earlier

    def _scores(self, u: Tensor, age: Tensor | None) -> Tensor:
        """Returns the scores of events, ``[...]``; without ``age``, those in all intervals, ``[..., intervals]``."""
        inner = elu(self.pool(u))
        if self.decay is None:
            return inner @ self.score
        score = inner @ (self.score * elu(self.decay)).t()
        return score if age is None else score.gather(-1, self._interval(age).unsqueeze(-1)).squeeze(-1)

    def _interval(self, age: Tensor) -> Tensor:
        assert self.decay is not None
        return (age / self.longest * self.decay.size(0)).long().clamp(0, self.decay.size(0) - 1)

    def _make_encoding(self, pooled: Tensor, u: Tensor, graph: Data | None) -> Encoding:
        return Encoding(self.dropout(pooled + u if self.last else pooled), None, graph)
