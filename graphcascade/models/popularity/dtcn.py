from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from graphcascade.loader import PostBatch
from graphcascade.models.popularity.content_model import ContentModel
from graphcascade.models.registry import MODELS
from graphcascade.nn import WindowLSTM, WindowSteps

__all__ = ["DTCN"]

SCALES = (3_600.0, 86_400.0, 604_800.0)  # an hour, a day, a week, in seconds


@MODELS.register("DTCN")
class DTCN(ContentModel):
    r"""Deep temporal context network: popularity of a post from the posts before it, with attention by time.

    `Sequential Prediction of Social Media Popularity with Deep Temporal Context Networks
    <https://arxiv.org/abs/1712.04443>`_ (Wu et al., 2017), as the DSN paper describes it (Section 4.4): a joint
    embedding of the features :math:`x_j` of each post, an LSTM over the window, and temporal attention across several
    time scales. With :math:`\tau_j` the logarithms of 1 plus the time from post j to the target, in hours, days and
    weeks,

    .. math::
        e_j = \tanh(W x_j + b), \qquad h = \mathrm{LSTM}(e), \qquad
        a_j = \mathrm{softmax}_j(v^T \tanh(U h_j + Q h_l + S \tau_j)), \qquad
        \hat s = \mathrm{MLP}\Big(h_l \,\Big\|\, \sum_j a_j h_j\Big)

    Deviations from the paper: Wu et al. have two LSTMs, over neighbouring posts and over posts of earlier periods, and
    attention over classes of the time of day, week and month. Here one LSTM runs over the last posts, and the scales
    are logarithms of the time before the target. The target is one of the posts that are attended to. Wu et al. use
    image and user only; text and category are inputs here, so that all methods have the same inputs (``text=False,
    category=False`` leaves them out).

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
        length: int = 8,
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
        self.embed = nn.Linear(sum(self.input_dims.values()), hidden_dim)
        self.lstm = WindowLSTM(hidden_dim, hidden_dim)
        self.state = nn.Linear(hidden_dim, hidden_dim, bias=False)
        self.target = nn.Linear(hidden_dim, hidden_dim, bias=False)
        self.scales = nn.Linear(len(SCALES), hidden_dim, bias=False)
        self.score = nn.Linear(hidden_dim, 1, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.head = self.make_head(2 * hidden_dim, hidden_dim, dropout)

    def forward(self, batch: PostBatch) -> Tensor:
        states = self._encode(batch)
        weight = self._attend(batch, states)
        context = (weight.unsqueeze(-1) * states).sum(0)
        score: Tensor = self.head(torch.cat([states[-1], context], -1)).squeeze(-1)
        return self.y_mean + score

    def attention_weights(self, batch: PostBatch) -> Tensor:
        """Returns how much each post of a window weighs, with the target, ``[R, T, length]``; they add up to 1."""
        return self._attend(batch, self._encode(batch)).movedim(0, -1)

    def _encode(self, batch: PostBatch) -> Tensor:
        """Returns the states of the LSTM at all steps of all windows, ``[length, R, T, hidden_dim]``."""
        embedded = self.dropout(self.embed(self.concatenated(batch)).tanh())
        gates = WindowSteps.of(embedded @ self.lstm.weight_ih_l0.t(), self.length)
        states: Tensor = self.dropout(self.lstm.slide(gates, WindowSteps.of(batch.valid.unsqueeze(-1), self.length)))
        return states

    def _attend(self, batch: PostBatch, states: Tensor) -> Tensor:
        """Returns the weights of the posts of all windows, ``[length, R, T]``."""
        time = batch.windows(batch.time).movedim(-1, 0)
        before = (time[-1:] - time).clamp(min=0).unsqueeze(-1)
        scales = torch.log1p(before / before.new_tensor(SCALES)).to(states.dtype)
        hidden = self.state(states) + self.target(states[-1:]) + self.scales(scales)
        score = self.score(hidden.tanh()).squeeze(-1)
        valid = batch.windows(batch.valid).movedim(-1, 0)
        weight: Tensor = score.masked_fill(~valid & valid[-1:], -torch.inf).softmax(0)
        return weight
