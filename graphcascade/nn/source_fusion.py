from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding
from torch.utils.checkpoint import checkpoint

from graphcascade.errors import UsageError
from graphcascade.nn.user_embedding import EMBEDDINGS, UserEmbedding

__all__ = ["SourceFusion"]

MAX_SCORES = 2**24  # scores of users with sources that are in memory at a time


@EMBEDDINGS.register("SourceFusion")
class SourceFusion(UserEmbedding):
    r"""A trained vector for each user, fused with one for the source of the cascade: the embedding of DSSF.

    `Modelling the Latent Semantics of Diffusion Sources in Information Cascade Prediction
    <https://doi.org/10.1155/2021/7880215>`_, Eq. 1-3. With vectors :math:`u_i` of users and :math:`s_j` of sources,

    .. math::
        \text{sum:}\ u_i + s_j, \qquad \text{concatenation:}\ W [u_i, s_j], \qquad
        \text{attention:}\ (1 - a_{ij}) u_i + a_{ij} s_j, \quad
        a_{ij} = \frac{\exp(u_i W_a s_j^\top)}{\sum_k \exp(u_i W_a s_k^\top)}

    over the sources :math:`k` of the training cascades. With a source that started no training cascade the vector is
    exactly :math:`u_i`.

    Args:
        num_users: Number of users ``U``.
        dim: Size ``d`` of the vectors.
        fusion: "sum" (DSSF_sum), "concatenation", or "attention" (DSSF_att).
        vectors: "source" for separate vectors of the sources; "user" to use the vector of the user (DSSF_user).
        gate: How attention computes :math:`a`: "softmax"; "sigmoid" of the score; or "literal", Eq. 2 as printed: the
            score divided by the sum of all scores without exponentials, which is unbounded.
        dropout: Share of the training cascades whose source is hidden, so that the model learns to predict for new
            sources (not in the paper).
        std: Standard deviation of the initial vectors, which are normally distributed.

    Raises:
        UsageError: An argument is none of its choices, or ``dropout`` is not in [0, 1).
    """

    uses_source = True
    is_source: Tensor

    def __init__(
        self,
        num_users: int,
        dim: int,
        fusion: Literal["sum", "concatenation", "attention"] = "sum",
        vectors: Literal["source", "user"] = "source",
        gate: Literal["softmax", "sigmoid", "literal"] = "softmax",
        dropout: float = 0.3,
        std: float = 0.1,
    ) -> None:
        if not 0 <= dropout < 1:
            raise UsageError(
                owner="SourceFusion", argument="dropout", value=dropout, reason="must be 0 or more, and below 1"
            )
        super().__init__(num_users, dim, std)
        self.fusion, self.gate, self.dropout = fusion, gate, dropout
        self.register_buffer("is_source", torch.zeros(num_users, dtype=torch.bool))
        self.source_weight = nn.Parameter(torch.empty(num_users + 1, dim)) if vectors == "source" else None
        self.mix = nn.Parameter(torch.empty(2 * dim, dim)) if fusion == "concatenation" else None  # W
        self.bilinear = nn.Parameter(torch.empty(dim, dim)) if fusion == "attention" else None  # W_a
        self._reset_fusion()

    def reset_parameters(self) -> None:
        """Reinitializes vectors and matrices."""
        super().reset_parameters()
        if hasattr(self, "source_weight"):  # false while the parent class is initialized
            self._reset_fusion()

    def _reset_fusion(self) -> None:
        if self.source_weight is not None:
            nn.init.normal_(self.source_weight, std=self.std)
            with torch.no_grad():
                self.source_weight[self.num_users] = 0
        for matrix in (self.mix, self.bilinear):
            if matrix is not None:
                nn.init.xavier_uniform_(matrix)

    def set_sources(self, is_source: Tensor) -> None:
        self.is_source.copy_(is_source)

    def drop_sources(self, source: Tensor) -> Tensor:
        if not self.training or self.dropout == 0:
            return source
        dropped = torch.rand(source.numel(), device=source.device) < self.dropout
        return source.masked_fill(dropped, self.num_users)

    def forward(self, user: Tensor, source: Tensor | None = None) -> Tensor:
        vector = super().forward(user)
        if source is None:
            return vector
        known = self._is_known_source(source)
        row = torch.where(known, source, self.num_users)
        from_source = self._look_up_sources(row)
        if self.fusion == "sum":
            return vector + from_source
        if self.mix is not None:
            return torch.where(known.unsqueeze(1), torch.cat([vector, from_source], 1) @ self.mix, vector)
        share = torch.where(known, self._gate(user, vector, from_source), 0.0).unsqueeze(1)
        return (1 - share) * vector + share * from_source

    def attention(self, user: Tensor, source: Tensor) -> Tensor:
        """Returns the share :math:`a` of each source in the vector of its user, ``[E]``; 0 for an unknown source.

        Raises:
            UsageError: ``fusion`` is not "attention".
        """
        if self.bilinear is None:
            raise UsageError(owner="SourceFusion", argument="fusion", value=self.fusion, reason="has no attention")
        row = torch.where(self._is_known_source(source), source, self.num_users)
        gate = self._gate(user, super().forward(user), self._look_up_sources(row))
        return torch.where(row < self.num_users, gate, 0.0)

    def _is_known_source(self, source: Tensor) -> Tensor:
        return self.is_source[source.clamp(max=self.num_users - 1)] & (source < self.num_users)

    def source_table(self) -> Tensor:
        """Returns the vectors of the sources, ``[num_users + 1, d]``; the last one is zero."""
        return self.weight if self.source_weight is None else self.source_weight

    def _look_up_sources(self, row: Tensor) -> Tensor:
        return embedding(row, self.source_table(), padding_idx=self.num_users, sparse=self.sparse_gradients)

    def _gate(self, user: Tensor, vector: Tensor, from_source: Tensor) -> Tensor:
        assert self.bilinear is not None
        score = ((vector @ self.bilinear) * from_source).sum(1)
        if self.gate == "sigmoid":
            return score.sigmoid()
        sources = self.source_table()[:-1][self.is_source]
        if sources.size(0) == 0:  # before training; an empty sum has no gradient
            return torch.zeros_like(score)
        if self.gate == "literal":
            total = vector @ (self.bilinear @ sources.sum(0))
            return torch.where(total == 0, 0.0, score / total.masked_fill(total == 0, 1.0))  # 0 for unknown users
        distinct, position = user.unique(return_inverse=True)  # once per user, not per event
        rows = super().forward(distinct) @ self.bilinear
        step = max(1, MAX_SCORES // max(1, sources.size(0)))
        if rows.size(0) <= step:
            total = _log_total(rows, sources)
        else:
            parts = [checkpoint(_log_total, part, sources, use_reentrant=False) for part in rows.split(step)]
            total = torch.cat(parts)
        return (score - total[position]).exp()

    def extra_repr(self) -> str:
        names = ("fusion", "vectors", "gate", "dropout")
        return ", ".join([super().extra_repr(), *(f"{name}={self.config[name]!r}" for name in names)])


def _log_total(rows: Tensor, sources: Tensor) -> Tensor:
    return (rows @ sources.t()).logsumexp(1)
