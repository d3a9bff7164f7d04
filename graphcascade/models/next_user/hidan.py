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
from graphcascade.models.registry import MODELS
from graphcascade.nn import UserEmbedding, UserSoftmax, causal_attention
from graphcascade.transforms import CausalEdges

__all__ = ["HiDAN"]


@MODELS.register("HiDAN")
class HiDAN(NextUserModel):
    r"""Hierarchical attention: each event attends to those before it, the cascade to all events.

    `Hierarchical Diffusion Attention Network <https://doi.org/10.24963/ijcai.2019/531>`_ (Wang and Li, 2019), the
    baseline of DSSF, over the vectors :math:`e_i` of the users:

    .. math::
        h_i &= \mathrm{ELU}(W e_i + b), \qquad
        d_i = \sum_{j < i} \mathrm{softmax}_j\big(h_i W_t^\top W_h h_j\big)\, h_j \\
        g_i &= \sigma(W_g [h_i, d_i] + b_g), \qquad u_i = g_i * h_i + (1 - g_i) * d_i \\
        c_k &= \sum_{i \le k} \mathrm{softmax}_i\big(w^\top (\mathrm{ELU}(W_1 u_i) * \mathrm{ELU}(\lambda_{ki}))\big)\,
        u_i, \qquad p(u_{k+1}) = \mathrm{softmax}(V c_k + b)

    with a vector :math:`\lambda` for each of some intervals of :math:`t_k - t_i`; DSSF leaves it out ("time-free").

    Args:
        num_users: Number of users.
        dim: Size of the user vectors.
        hidden: Size of :math:`h`, :math:`u` and :math:`c`.
        window: Only the last events count, the one at hand among them; ``None`` for all.
        intervals: Intervals of equal width that the time since an event is sorted into, up to the longest cascade of
            the training; 0 is time-free.
        last: Add :math:`u_k` to :math:`c_k` (ours, not the paper's: else the model forgets who came last).
        reencode: Encode the events of each window anew, as the authors' code does; otherwise :math:`d_i` also looks at
            events that have left the window since. Many times slower.
        dropout: Dropout on the user vectors and on what is read out.
        terminate: Also predict the end of the cascade.
        mask_infected: Leave infected users out of the distribution.
        std: Standard deviation that the user vectors start from.
        embedding: Replaces the trained user vectors; its ``dim`` must equal ``dim``.

    Raises:
        UsageError: A number that is out of range; ``reencode`` without a window.
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
                raise UsageError(f"HiDAN: {name}={value}, must be at least 1.")
        if intervals < 0:
            raise UsageError(f"HiDAN: intervals={intervals}, must be 0 or more.")
        if not 0 <= dropout < 1:
            raise UsageError(f"HiDAN: dropout={dropout}, must be 0 or more, and below 1.")
        if reencode and window is None:
            raise UsageError("HiDAN: reencode=True encodes windows anew; name a window.")
        if embedding is not None:
            embedding.check_size(num_users, dim)
        super().__init__(
            UserEmbedding(num_users, dim, std) if embedding is None else embedding,
            UserSoftmax(hidden, num_users, terminate, mask_infected=mask_infected),
        )
        self.config = {
            "num_users": num_users,
            "dim": dim,
            "hidden": hidden,
            "window": window,
            "intervals": intervals,
            "last": last,
            "reencode": reencode,
            "dropout": dropout,
            "terminate": terminate,
            "mask_infected": mask_infected,
            "std": std,
        }
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
        some = table.ptr[:-1][table.ptr.diff() > 0]
        last = (table.ptr[1:] - 1)[table.ptr.diff() > 0]
        duration = table.time[last] - table.time[some]
        longest = float(duration.max()) if duration.numel() else 0.0
        self.longest.fill_(longest if longest > 0 else 1.0)

    def encode(self, batch: Data, alignment: bool = False) -> Encoding:
        vector = self.dropout(self.embedding(batch["user"], self.sources(batch)))
        ptr, edges = batch["ptr"], batch.get("edge_index")
        if not self.reencode:
            return self._encode(vector, batch["time"], ptr, self.window, edges, alignment)
        if edges is not None:
            raise UsageError("HiDAN: reencode=True has windows of its own, and follows no edges.")
        event = torch.arange(vector.size(0), device=ptr.device)
        size = (segment_positions(ptr) + 1).clamp(max=self.window)
        row, bounds = expand_ranges(event + 1 - size, event + 1)
        found = self._encode(vector[row], batch["time"][row], bounds, None, None, alignment)
        at = bounds[1:] - 1
        graph = found.alignment
        if graph is not None:  # of the last event of each window
            edge, weight = graph["edge_index"], graph["edge_weight"]
            of = torch.full_like(row, -1).index_copy_(0, at, event)
            kept = of[edge[1]] >= 0
            edge = torch.stack([row[edge[0, kept]], of[edge[1, kept]]])
            graph = Data(edge_index=edge, edge_weight=weight[kept], num_nodes=event.numel())
        return Encoding(found.user[at], None, graph)

    def start(self, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        nothing = self.score.new_zeros(user.numel(), 0, self.embedding.dim if self.reencode else self.score.numel())
        return self._next((user, time[:, None][:, :0], nothing, nothing), user, time)

    def advance(self, cache: Cache, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        return self._next(cache, user, time)

    def _next(self, cache: Cache, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        source, times, before, users = cache
        vector = self.dropout(self.embedding(user, source))
        lost = 0 if self.window is None else max(0, before.size(1) + 1 - self.window)
        times = torch.cat([times, time.unsqueeze(1)], 1)[:, lost:]
        if self.reencode:
            before = torch.cat([before, vector.unsqueeze(1)], 1)[:, lost:]
            rows, size = before.shape[:2]
            ptr = torch.arange(rows + 1, device=user.device) * size
            found = self._encode(before.flatten(0, 1), times.flatten(), ptr, None, None, False)
            return Encoding(found.user[ptr[1:] - 1]), (source, times, before, before[:, :0])
        h = elu(self.input(vector))
        before = before[:, lost:]
        score = (self.key(before) @ self.query(h).unsqueeze(2)).squeeze(2)
        earlier = (score.softmax(1).unsqueeze(1) @ before).squeeze(1)
        u = self._gated(h, earlier)
        users = torch.cat([users, u.unsqueeze(1)], 1)[:, lost:]
        pooled = (self._weights(users, time.unsqueeze(1) - times).softmax(1).unsqueeze(1) @ users).squeeze(1)
        return self._encoding(pooled, u, None), (source, times, torch.cat([before, h.unsqueeze(1)], 1), users)

    def _encode(
        self, vector: Tensor, time: Tensor, ptr: Tensor, window: int | None, edges: Tensor | None, alignment: bool
    ) -> Encoding:
        h = elu(self.input(vector))
        u = self._gated(h, self._earlier(h, ptr, window, edges))
        if self.decay is None:
            score = self._weights(u, None).view(-1, 1, 1)
            pooled, graph = causal_attention(
                torch.ones_like(score),
                score,
                u.unsqueeze(1),
                ptr,
                window if edges is None else None,
                edges,
                return_weights=alignment,
            )
            return self._encoding(pooled.squeeze(1), u, graph)
        if edges is None:
            batch: Any = Batch()
            batch.ptr, batch.num_nodes = ptr, u.size(0)
            edges = CausalEdges(window)(batch).edge_index
        source, target = edges
        score = self._weights(u, None)[source, self._interval(time[target] - time[source])]
        share = softmax(score, target, num_nodes=u.size(0))
        pooled = scatter(share.unsqueeze(1) * u[source], target, dim=0, dim_size=u.size(0), reduce="sum")
        graph = Data(edge_index=edges, edge_weight=share, num_nodes=u.size(0)) if alignment else None
        return self._encoding(pooled, u, graph)

    def _earlier(self, h: Tensor, ptr: Tensor, window: int | None, edges: Tensor | None) -> Tensor:
        """What each event takes from those strictly before it, ``[E, hidden]``; zeros where there is none."""
        query, key = self.query(h)[:, None], self.key(h)[:, None]
        if edges is not None:
            strictly_earlier = edges[:, edges[0] != edges[1]]
            attended, _ = causal_attention(query, key, h[:, None], ptr, edge_index=strictly_earlier)
            return attended.squeeze(1)
        if window == 1:
            return torch.zeros_like(h)
        # Attention up to and including an event is what the event after it takes from those strictly before it. So
        # each row asks with the query of the next event, and hands its result on to it.
        attended, _ = causal_attention(query.roll(-1, 0), key, h[:, None], ptr, None if window is None else window - 1)
        first = ptr[:-1][ptr.diff() > 0]
        return attended.squeeze(1).roll(1, 0).index_fill(0, first, 0)

    def _gated(self, h: Tensor, earlier: Tensor) -> Tensor:
        gate: Tensor = self.gate(torch.cat([h, earlier], 1)).sigmoid()
        return gate * h + (1 - gate) * earlier

    def _weights(self, u: Tensor, age: Tensor | None) -> Tensor:
        """Scores of events in the cascade, ``[...]``; without their ages for each interval, ``[..., intervals]``."""
        inner = elu(self.pool(u))
        if self.decay is None:
            return inner @ self.score
        score = inner @ (self.score * elu(self.decay)).t()
        return score if age is None else score.gather(-1, self._interval(age).unsqueeze(-1)).squeeze(-1)

    def _interval(self, age: Tensor) -> Tensor:
        assert self.decay is not None
        return (age / self.longest * self.decay.size(0)).long().clamp(0, self.decay.size(0) - 1)

    def _encoding(self, pooled: Tensor, u: Tensor, graph: Data | None) -> Encoding:
        return Encoding(self.dropout(pooled + u if self.last else pooled), None, graph)
