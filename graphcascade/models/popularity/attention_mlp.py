from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from graphcascade.loader import PostBatch
from graphcascade.models.popularity.content_model import ContentModel
from graphcascade.models.registry import MODELS

__all__ = ["AttentionMLP"]


@MODELS.register("AttentionMLP")
class AttentionMLP(ContentModel):
    r"""Popularity of a post from its features, which are weighed by attention over the kinds of features.

    The baseline "Attention MLP" of the `DSN paper <https://arxiv.org/abs/2307.15413>`_ (Zhang et al., 2023, Section
    4.4), after "Multimodal Deep Learning for Social Media Popularity Prediction with Attention Mechanism" (Xu et al.,
    ACM Multimedia 2020). For the kinds m of features, image, text, category and user,

    .. math::
        h_m = \mathrm{ReLU}(W_m x_m + b_m), \qquad
        a = \mathrm{softmax}_m(v^T \tanh(U h_m + c)), \qquad
        \hat s = \mathrm{MLP}\Big(\sum_m a_m h_m\Big)

    Earlier posts are no input.

    Deviations from the paper: The DSN paper only says that "an attention mechanism controls how much attention should
    be attended to each modality"; the equations above are the usual form of this. Xu et al. use features of ResNet and
    Word2Vec; this model uses the features of the stream. Categories are inputs here, so that all methods have the same
    inputs.

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
        self.projections = nn.ModuleDict({name: nn.Linear(dim, hidden_dim) for name, dim in self.input_dims.items()})
        self.hidden = nn.Linear(hidden_dim, hidden_dim)
        self.score = nn.Linear(hidden_dim, 1, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.head = self.make_head(hidden_dim, hidden_dim, dropout)

    def forward(self, batch: PostBatch) -> Tensor:
        hidden, weight = self._attend(batch)
        mixed = (weight.unsqueeze(-1) * hidden).sum(-2)
        score: Tensor = self.head(mixed).squeeze(-1)
        return self.y_mean + score

    def modality_weights(self, batch: PostBatch) -> dict[str, Tensor]:
        """Returns how much each kind of features weighs, ``[R, T]`` each, by name; for a post they add up to 1."""
        return dict(zip(self.input_dims, self._attend(batch)[1].unbind(-1), strict=True))

    def _attend(self, batch: PostBatch) -> tuple[Tensor, Tensor]:
        """Returns the hidden vectors of the kinds of features, ``[R, T, M, hidden_dim]``, and their weights."""
        inputs = self.inputs(batch, targets_only=True)
        hidden = torch.stack([self.projections[name](x).relu() for name, x in inputs.items()], -2)
        hidden = self.dropout(hidden)
        return hidden, self.score(self.hidden(hidden).tanh()).squeeze(-1).softmax(-1)
