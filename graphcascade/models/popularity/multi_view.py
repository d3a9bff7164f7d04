from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import elu

from graphcascade.errors import UsageError
from graphcascade.loader import PostBatch
from graphcascade.models.popularity.content_model import ContentModel
from graphcascade.models.registry import MODELS

__all__ = ["MultiView"]


@MODELS.register("MultiView")
class MultiView(ContentModel):
    r"""Popularity of a post from layers over image and text, and from the recent posts of the same user.

    The baseline "Multi-view" of the `DSN paper <https://arxiv.org/abs/2307.15413>`_ (Zhang et al., 2023, Section 4.4),
    after "An Efficient Multi-View Multimodal Data Processing Framework for Social Media Popularity Prediction" (Tan et
    al., ACM Multimedia 2022). A transformer layer over the projected features of image, text and category of a post
    gives its vector z, their mean. Over the posts j of the same user in the window, with the target i,

    .. math::
        \bar z_i = \mathrm{mean}_j\, z_j, \qquad
        c_i = \frac{\sum_j \phi(Q z_i)^T \phi(K z_j)\, V z_j}{\sum_j \phi(Q z_i)^T \phi(K z_j)}, \qquad
        \hat s = \mathrm{MLP}(z_i \| \bar z_i \| c_i \| u_i)

    with :math:`\phi(x) = \mathrm{ELU}(x) + 1`, an efficient attention: it takes time linear in the number of posts.
    The mean is the sliding window average.

    Deviations from the paper: Tan et al. take features of the pretrained ALBEF, and attention of both Performer and
    Linformer over all posts of a user. Here one transformer layer over the features of the stream stands for the
    multimodal encoder, there is one kind of efficient attention, and only the user's posts among the last ``length``
    posts of all users are used. Categories are inputs here, so that all methods have the same inputs.

    Args:
        num_users: Number of users.
        num_categories: Number of categories, of all levels.
        depth: Number of levels of the categories.
        image_dim: Size of the features of images; 0 if there are none.
        text_dim: Size of the features of texts; 0 if there are none.
        number_names: Names of the further numbers of the posts.
        crawl_time_names: Those of them that are known only when the data were crawled.
        length: Posts in a window.
        image: Whether to use images, if there are features of them.
        text: Whether to use texts, if there are features of them.
        category: Whether to use categories, if there are any.
        user: Whether to use the user's vector, the numbers and the date of the post.
        hidden_dim: Size of the hidden layers.
        dropout: Dropout of the hidden layers.
        uid_dim: Size of the vectors of users; 0 leaves them out.
        crawl_time: Whether to use the numbers that are known only when the data were crawled.
        heads: Heads of the transformer layer; it divides ``hidden_dim``.

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
        length: int = 32,
        image: bool = True,
        text: bool = True,
        category: bool = True,
        user: bool = True,
        hidden_dim: int = 256,
        dropout: float = 0.25,
        uid_dim: int = 32,
        crawl_time: bool = True,
        heads: int = 4,
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
            hidden_dim,
            dropout,
            uid_dim,
            crawl_time,
        )
        if heads < 1 or hidden_dim % heads:
            raise UsageError(argument="heads", value=heads, reason=f"must divide the hidden_dim of {hidden_dim}")
        content = {name: dim for name, dim in self.input_dims.items() if name != "user"}
        if not content:
            raise UsageError("MultiView has no content: use images, texts or categories.")
        self.projections = nn.ModuleDict({name: nn.Linear(dim, hidden_dim) for name, dim in content.items()})
        self.fusion = nn.TransformerEncoderLayer(hidden_dim, heads, 2 * hidden_dim, dropout, batch_first=True)
        self.query, self.key, self.value = (nn.Linear(hidden_dim, hidden_dim, bias=False) for _ in range(3))
        self.head = self.make_head(3 * hidden_dim + self.input_dims.get("user", 0), hidden_dim, dropout)

    def forward(self, batch: PostBatch) -> Tensor:
        inputs = self.inputs(batch)
        tokens = torch.stack([layer(inputs[name]) for name, layer in self.projections.items()], -2)
        z = self.fusion(tokens.flatten(0, 1)).mean(-2).view(*tokens.shape[:2], -1)  # [R, S, hidden_dim]
        users = batch.windows(batch.user)
        same = batch.windows(batch.valid) & (users == users[..., -1:]) & (users < self.num_users)
        same[..., -1] = True  # unknown users have no earlier posts, but their post itself
        mean = self._mix(same.to(z.dtype) / same.sum(-1, keepdim=True), z, batch)
        query = elu(self.query(batch.of_targets(z))) + 1
        similarity = torch.stack(
            [(query * key).sum(-1) for key in self._steps(elu(self.key(z)) + 1, query.size(1))], -1
        )
        similarity = similarity * same
        context = self._mix(similarity / similarity.sum(-1, keepdim=True), self.value(z), batch)
        parts = [batch.of_targets(z), mean, context]
        if "user" in inputs:
            parts.append(batch.of_targets(inputs["user"]))
        score: Tensor = self.head(torch.cat(parts, -1)).squeeze(-1)
        return self.y_mean + score

    def _steps(self, x: Tensor, count: int) -> list[Tensor]:
        """Returns the slices of ``x [R, S, dim]`` at all steps of the windows, ``[R, T, dim]`` each."""
        return [x[:, step : step + count] for step in range(self.length)]

    def _mix(self, weight: Tensor, x: Tensor, batch: PostBatch) -> Tensor:
        """Sums the posts ``x [R, S, dim]`` of each window with weights ``[R, T, length]``, to ``[R, T, dim]``."""
        steps = self._steps(x, weight.size(1))
        return torch.stack([weight[..., step, None] * part for step, part in enumerate(steps)]).sum(0)
