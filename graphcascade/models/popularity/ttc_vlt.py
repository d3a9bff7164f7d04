from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from graphcascade.errors import UsageError
from graphcascade.loader import PostBatch
from graphcascade.models.popularity.content_model import ContentModel
from graphcascade.models.registry import MODELS

__all__ = ["TTCVLT"]


@MODELS.register("TTCVLT")
class TTCVLT(ContentModel):
    r"""Popularity of a post from two streams of image and words, which a contrastive loss brings together.

    The baseline "TTC-VLT" of the `DSN paper <https://arxiv.org/abs/2307.15413>`_ (Zhang et al., 2023, Section 4.4),
    after "Title-and-Tag Contrastive Vision-and-Language Transformer for Social Media Popularity Prediction" (Chen et
    al., ACM Multimedia 2022). One transformer layer over the projected features of image and text, and another over
    those of image and category, give vectors a and b of a post, the means of their outputs;

    .. math::
        \hat s = \mathrm{MLP}(a \| b \| u)

    The loss is the squared error plus ``contrast`` times the InfoNCE loss of the N posts of a batch. With
    :math:`\sigma_{ij}` the cosine of :math:`a_i` and :math:`b_j`, divided by ``temperature``,

    .. math::
        L = -\frac{1}{2N} \sum_i \Big( \log \frac{e^{\sigma_{ii}}}{\sum_j e^{\sigma_{ij}}}
            + \log \frac{e^{\sigma_{ii}}}{\sum_j e^{\sigma_{ji}}} \Big)

    and :math:`\log N - L` is a lower bound of the mutual information of the two streams. Earlier posts are no input.

    Deviations from the paper: Chen et al. fine-tune two ViLT models on image and title and on image and tags. A stream
    of posts has one vector for title and tags, so the text stands for the title, and the categories, which are words
    about the content as well, stand for the tags. Without text or without categories there is one stream and no
    contrastive loss.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
        depth: Number of levels of the categories.
        image_dim: Size of the features of images; 0 if there are none.
        text_dim: Size of the features of texts; 0 if there are none.
        number_names: Names of the further numbers of the posts.
        crawl_time_names: Those of them that are known only when the data were crawled.
        image: Whether to use images, if there are features of them.
        text: Whether to use texts, if there are features of them.
        category: Whether to use categories, if there are any.
        user: Whether to use the user's vector, the numbers and the date of the post.
        hidden_dim: Size of the hidden layers.
        dropout: Dropout of the hidden layers.
        uid_dim: Size of the vectors of users; 0 leaves them out.
        crawl_time: Whether to use the numbers that are known only when the data were crawled.
        heads: Heads of the transformer layers; it divides ``hidden_dim``.
        contrast: Weight of the contrastive loss.
        temperature: What cosines are divided by.

    Raises:
        UsageError: A number is out of range; no input is left.
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
        image: bool = True,
        text: bool = True,
        category: bool = True,
        user: bool = True,
        hidden_dim: int = 256,
        dropout: float = 0.25,
        uid_dim: int = 32,
        crawl_time: bool = True,
        heads: int = 4,
        contrast: float = 0.1,
        temperature: float = 0.1,
    ) -> None:
        super().__init__(
            num_users,
            num_categories,
            depth,
            image_dim,
            text_dim,
            number_names,
            crawl_time_names,
            1,
            image,
            text,
            category,
            user,
            hidden_dim,
            dropout,
            uid_dim,
            crawl_time,
        )
        if heads < 1 or hidden_dim % heads:
            raise UsageError(argument="heads", value=heads, reason=f"must divide the hidden_dim of {hidden_dim}")
        if contrast < 0:
            raise UsageError(argument="contrast", value=contrast, reason="must be at least 0")
        if temperature <= 0:
            raise UsageError(argument="temperature", value=temperature, reason="must be positive")
        self.contrast, self.temperature = contrast, temperature
        words = [name for name in ("text", "category") if name in self.input_dims]
        visual = [name for name in ("image",) if name in self.input_dims]
        self.streams = [[*visual, word] for word in words] or [visual]
        if not any(self.streams):
            raise UsageError("TTCVLT has no content: use images, texts or categories.")
        self.projections = nn.ModuleList(
            nn.ModuleDict({name: nn.Linear(self.input_dims[name], hidden_dim) for name in names})
            for names in self.streams
        )
        self.fusions = nn.ModuleList(
            nn.TransformerEncoderLayer(hidden_dim, heads, 2 * hidden_dim, dropout, batch_first=True)
            for _ in self.streams
        )
        self.head = self.make_head(hidden_dim * len(self.streams) + self.input_dims.get("user", 0), hidden_dim, dropout)

    def forward(self, batch: PostBatch) -> Tensor:
        return self._predict(batch)[0]

    def loss(self, batch: PostBatch) -> Tensor:
        prediction, vectors = self._predict(batch)
        error = (prediction - batch.y)[batch.is_target].square().sum()
        if len(vectors) < 2 or self.contrast == 0:
            return error
        return error + self.contrast * batch.num_targets * self.contrastive_loss(
            *(vector[batch.is_target] for vector in vectors)
        )

    def contrastive_loss(self, first: Tensor, second: Tensor) -> Tensor:
        """Returns the InfoNCE loss of the vectors of two streams, ``[N, hidden_dim]`` each."""
        similarity = normalize(first, dim=-1) @ normalize(second, dim=-1).t() / self.temperature
        own = torch.arange(similarity.size(0), device=similarity.device)
        return (cross_entropy(similarity, own) + cross_entropy(similarity.t(), own)) / 2

    def _predict(self, batch: PostBatch) -> tuple[Tensor, list[Tensor]]:
        """Returns the predictions ``[R, T]`` and the vectors of each stream, ``[R, T, hidden_dim]``."""
        inputs = self.inputs(batch, targets_only=True)
        vectors = []
        for projections, fusion in zip(self.projections, self.fusions, strict=True):
            layers = cast(nn.ModuleDict, projections)
            tokens = torch.stack([layer(inputs[name]) for name, layer in layers.items()], -2)
            vectors.append(fusion(tokens.flatten(0, 1)).mean(-2).view(*tokens.shape[:2], -1))
        parts = [*vectors, inputs["user"]] if "user" in inputs else vectors
        score: Tensor = self.head(torch.cat(parts, -1)).squeeze(-1)
        return self.y_mean + score, vectors
