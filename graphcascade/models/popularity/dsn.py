from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from graphcascade.data import PostStream
from graphcascade.errors import UsageError
from graphcascade.loader import PostBatch
from graphcascade.models.popularity.window_model import WindowModel
from graphcascade.models.registry import MODELS
from graphcascade.nn import (
    CategoryEncoder,
    FastDropout,
    FeatureScaler,
    GatedLinearUnit,
    GatedResidualNetwork,
    SequenceAdapter,
    TargetAttention,
    WindowLSTM,
    WindowSteps,
)
from graphcascade.nn.category_encoder import CategoryEncoding
from graphcascade.nn.hierarchical_embedding import FirstLayer, HierarchyStart

__all__ = ["DSN"]


@MODELS.register("DSN")
class DSN(WindowModel):
    r"""Dependency-aware sequence network: popularity of a post from its content, its user, and the posts before it.

    `Improving Social Media Popularity Prediction with Multiple Post Dependencies <https://arxiv.org/abs/2307.15413>`_
    (Zhang et al., 2023), Section 3. For a window of posts that ends with the post to predict, adapted features of
    images and texts (:class:`~graphcascade.nn.SequenceAdapter`) and the vectors of categories
    (:class:`~graphcascade.nn.CategoryEncoder`) make :math:`f = [f_v \| f_t \| f_c]`, and

    .. math::
        \Theta = \mathrm{LayerNorm}(\mathrm{Gate}_o(\mathrm{LSTM}(f)) + f W), \qquad \Phi = \mathrm{GRN}(\Theta),

    .. math::
        h = \mathrm{Attention}(\Phi_l, \Phi_{1:l-1}), \qquad
        \tilde h = \mathrm{FFN}(h \| \Phi_l), \qquad \hat s = \mathrm{MLP}(\tilde h \| u)

    with the features u of the user (:class:`~graphcascade.nn.UserFeatures`). Each post is encoded once, however many
    windows it is in: categories once for all posts, adapters and the input map of the LSTM for each post as the first,
    an inner and the last post of a window.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
        depth: Number of levels of the categories.
        image_dim: Size of the features of images; 0 if there are none.
        text_dim: Size of the features of texts; 0 if there are none.
        number_names: Names of the further numbers of the posts.
        crawl_time_names: Those of them that are known only when the data were crawled.
        length: Posts in a window, l.
        image: Whether to use images, if there are features of them.
        text: Whether to use texts, if there are features of them.
        category: Whether to use categories, if there are any.
        user: Whether to use the user's vector, the numbers and the date of the post.
        category_encoding: How categories are encoded: ``"hce"``, ``"level"``, ``"concatenation"`` or ``"sum"``.
        level: Level of the encoding ``"level"``, from 1, the coarsest; by default the finest.
        short_term: Whether to use the LSTM with its gates; without it, :math:`\Phi = f W`.
        long_term: Whether to use the attention; without it, h is zero.
        image_ratio: Residual ratio :math:`\alpha` of the adapter of images.
        text_ratio: Residual ratio :math:`\beta` of the adapter of texts.
        hidden_dim: Size of all hidden layers.
        heads: Heads of the attention.
        dropout: Dropout on f, on the output of the LSTM, in the GRN and in the MLP.
        first_layer: What the first layer of the HCE has as its previous vectors; see
            :class:`~graphcascade.nn.HierarchicalEmbedding`.
        hce_start: First weights of the HCE; see :class:`~graphcascade.nn.HierarchyConv`.
        scale: What the scores of the attention are divided by: the square root of ``hidden_dim`` (``"hidden"``, as
            printed) or of the size of a head (``"head"``).
        uid_dim: Size of the vectors of users; 0 leaves them out.
        crawl_time: Whether to use the numbers that are known only when the data were crawled.

    Raises:
        UsageError: A number is out of range; a choice is unknown; no input is left.

    Deviations from the paper: windows at the beginning of the stream are shorter, rather than left out. The HCE starts
    as a sum of the levels, with which it is more accurate than from random weights (``hce_start="plain"``). Counts are
    standardised as logarithms. The paper does not say where dropout is, how vectors of users and categories start, and
    how users who are unknown at training are encoded.
    """

    def __init__(
        self,
        num_users: int,
        num_categories: int = 0,
        depth: int = 0,
        image_dim: int = 0,
        text_dim: int = 0,
        number_names: Sequence[str] = (),
        crawl_time_names: Sequence[str] = (),
        length: int = 8,
        image: bool = True,
        text: bool = True,
        category: bool = True,
        user: bool = True,
        category_encoding: CategoryEncoding = "hce",
        level: int | None = None,
        short_term: bool = True,
        long_term: bool = True,
        image_ratio: float = 0.2,
        text_ratio: float = 0.6,
        hidden_dim: int = 256,
        heads: int = 4,
        dropout: float = 0.25,
        first_layer: FirstLayer = "level-1",
        hce_start: HierarchyStart = "sum",
        scale: Literal["hidden", "head"] = "hidden",
        uid_dim: int = 32,
        crawl_time: bool = True,
    ) -> None:
        super().__init__(
            num_users,
            num_categories,
            depth,
            image_dim,
            text_dim,
            number_names,
            crawl_time_names,
            length,
            image,
            text,
            category,
            user,
            uid_dim,
            crawl_time,
        )
        if hidden_dim < 1:
            raise UsageError(argument="hidden_dim", value=hidden_dim, reason="must be at least 1")
        if not 0 <= dropout < 1:
            raise UsageError(argument="dropout", value=dropout, reason="must be at least 0 and below 1")
        self.hidden_dim = hidden_dim
        self.short_term, self.long_term = short_term, long_term
        self.image_adapter = self._make_adapter(self.image, image_ratio, "image_ratio")
        self.text_adapter = self._make_adapter(self.text, text_ratio, "text_ratio")
        self.categories = None
        if self.uses_category:
            self.categories = CategoryEncoder(
                num_categories, depth, hidden_dim, category_encoding, level, first_layer, hce_start
            )
        adapted = hidden_dim * sum(adapter is not None for adapter in (self.image_adapter, self.text_adapter))
        content = adapted + (0 if self.categories is None else self.categories.dim)
        self.has_content = content > 0
        self.dropout = FastDropout(dropout)
        if self.has_content:
            self.residual = nn.Linear(content, hidden_dim, bias=False)
            if short_term:
                self.lstm = WindowLSTM(content, hidden_dim)
                self.gate = GatedLinearUnit(hidden_dim)
                self.norm = nn.LayerNorm(hidden_dim)
                self.grn = GatedResidualNetwork(hidden_dim, dropout)
            if long_term and length > 1:
                self.attention = TargetAttention(hidden_dim, heads, per_head=scale == "head")
            self.feed_forward = nn.Sequential(
                nn.Linear(2 * hidden_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, hidden_dim)
            )
        inputs = hidden_dim * self.has_content + (0 if self.users is None else self.users.dim)
        self.head = nn.Sequential(
            nn.Linear(inputs, hidden_dim), nn.ReLU(), FastDropout(dropout), nn.Linear(hidden_dim, 1)
        )

    def _make_adapter(self, features: FeatureScaler | None, ratio: float, argument: str) -> SequenceAdapter | None:
        if not 0 <= ratio <= 1:
            raise UsageError(argument=argument, value=ratio, reason="must be between 0 and 1")
        return None if features is None else SequenceAdapter(features.dim, self.hidden_dim, ratio)

    def find_trained_categories(self, train: PostStream) -> Tensor:
        seen = super().find_trained_categories(train)
        if self.categories is None or self.categories.encoding != "level":
            return seen
        # A category above the level has its own vector, which posts below it do not train.
        category = train.category[train.targets]
        has_posts = torch.zeros_like(seen)
        has_posts[category[category >= 0]] = True
        return torch.where(train.level < self.categories.level - 1, has_posts, seen)

    def forward(self, batch: PostBatch) -> Tensor:
        return self._predict(batch)[0]

    def attention_weights(self, batch: PostBatch) -> Tensor | None:
        weights = self._predict(batch)[1]
        if weights is None:
            return None
        mean = weights.mean(-1).permute(1, 2, 0)  # over heads
        return torch.cat([mean, torch.zeros_like(mean[..., :1])], -1)

    def _predict(self, batch: PostBatch) -> tuple[Tensor, Tensor | None]:
        """Returns the predictions ``[R, T]`` and the weights ``[length - 1, R, T, heads]``."""
        parts, weights = [], None
        if self.has_content:
            phi = self._encode(batch)  # [l, R, T, hidden_dim]
            earlier, target = phi.split([self.length - 1, 1])
            target = target.squeeze(0)
            h = torch.zeros_like(target)
            if self.long_term and self.length > 1:
                count = h.shape[:2]
                there = torch.stack([batch.valid[:, step : step + count[1]] for step in range(self.length - 1)])
                mixed, weights = self.attention(target.flatten(0, 1), earlier.flatten(1, 2), there.flatten(1, 2))
                h, weights = mixed.view_as(h), weights.unflatten(1, count)
            parts.append(self.feed_forward(torch.cat([h, target], -1)))
        if self.users is not None:
            parts.append(self.users(*(batch.of_targets(x) for x in (batch.user, batch.numbers, batch.time))))
        score: Tensor = self.head(torch.cat(parts, -1)).squeeze(-1)
        return self.y_mean + score, weights

    def _encode(self, batch: PostBatch) -> Tensor:
        r"""Returns :math:`\Phi` of all steps of all windows, ``[l, R, T, hidden_dim]``."""
        if not self.short_term:
            return self._map(batch, self.residual.weight).stack()
        mapped = self._map(batch, torch.cat([self.residual.weight, self.lstm.weight_ih_l0]))
        residual, gates = mapped.split([self.hidden_dim, 4 * self.hidden_dim])
        valid = None if bool(batch.valid.all()) else WindowSteps.of(batch.valid.unsqueeze(-1), self.length)
        output = self.dropout(self.lstm.slide(gates, valid))
        theta = self.norm(self.gate(output) + residual.stack())
        phi: Tensor = self.grn(theta)
        return phi

    def _map(self, batch: PostBatch, weight: Tensor) -> WindowSteps:
        """Returns f times the transposed matrix ``[out, content]`` for each post."""
        mapped, adapted, begin = [], [], 0
        for features, adapter, x, is_there in (
            (self.image, self.image_adapter, batch.x_image, batch.has_image),
            (self.text, self.text_adapter, batch.x_text, batch.has_text),
        ):
            if features is not None and adapter is not None:
                scaled = features(x, is_there) * batch.valid.unsqueeze(-1)
                adapted.append(adapter.slide(scaled, self.length).map(self.dropout))
                begin += self.hidden_dim
        if adapted:
            both = adapted[0].replace(
                [torch.cat(each, -1) for each in zip(*(steps.variants for steps in adapted), strict=True)]
            )
            mapped.append(both.linear(weight[:, :begin]))
        if self.categories is not None:
            table = self.categories(self.parent, self.level)
            row = batch.category.remainder(table.size(0))  # the last row is that of posts without a category
            f = self.dropout(embedding(row, table))
            mapped.append(WindowSteps.of(f @ weight[:, begin:].t(), self.length))
        return mapped[0] if len(mapped) == 1 else mapped[0] + mapped[1]
