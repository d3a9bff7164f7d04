from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from graphcascade.data import CascadeDataset
from graphcascade.loader import CascadeLoader
from graphcascade.models.cascade_size.cascade_size_model import CascadeSizeModel, log_growth
from graphcascade.models.next_user import NextUserModel
from graphcascade.nn.window_features import WINDOW_FEATURES, window_features

__all__ = ["EncodedSizeModel"]

BATCH_SIZE = 128


class EncodedSizeModel(CascadeSizeModel):
    r"""Base class of neural models of the final size: the encoder of a model of next users, and a regression head.

    With the rows :math:`h_1, \dots, h_n` that :meth:`NextUserModel.encode
    <graphcascade.models.next_user.NextUserModel.encode>` gives for the events of the window, and the standardised
    features :math:`x` of :func:`~graphcascade.nn.window_features.window_features`:

    .. math::
        y = \bar y + w^\top \max\Big(W \Big[h_n \,\Big|\, \frac{1}{n} \sum_i h_i \,\Big|\, x\Big] + b, 0\Big) + b'

    :math:`\bar y` is the mean of the training cascades. A prediction below 0 is replaced by 0.

    Args:
        encoder: The model of next users; its readout is not used.
        hidden: Size of its rows, and of the hidden layer of the head.
        observe: Length of the window in time; see :class:`~graphcascade.data.ObservationWindow`.
        observe_events: Length of the window in events.
        features: Whether the head has the features :math:`x`.
    """

    uses_users = True
    y_mean: Tensor
    x_mean: Tensor
    x_std: Tensor
    scale: Tensor
    """Mean length of the training windows, in the unit of the training times."""

    def __init__(
        self, encoder: NextUserModel, hidden: int, observe: str | None, observe_events: int | None, features: bool
    ) -> None:
        super().__init__(encoder.num_users, observe, observe_events)
        del encoder.readout  # the next user is not predicted
        self.encoder = encoder
        self.features = features
        size = len(WINDOW_FEATURES)
        self.register_buffer("y_mean", torch.tensor(0.0))
        self.register_buffer("x_mean", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("x_std", torch.ones(size, dtype=torch.float64))
        self.register_buffer("scale", torch.tensor(1.0, dtype=torch.float64))
        self.head = nn.Sequential(
            nn.Linear(2 * hidden + (size if features else 0), hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )

    def _add_seen(self, num_users: int) -> None:
        """Does nothing: the embedding of the encoder has the users."""

    @property
    def seen(self) -> Tensor:
        """Users that occur in the windows of the training cascades, ``[num_users]`` bool."""
        return self.encoder.embedding.seen

    @seen.setter
    def seen(self, seen: Tensor) -> None:
        self.encoder.embedding.set_seen(seen)

    def prepare(self, observed: CascadeDataset) -> None:
        """Sets what is not trained by gradients: the users and means of the training cascades.

        Args:
            observed: Training cascades, cut to the window.
        """
        self.encoder.prepare(observed)
        table = observed.table
        elapsed = self.window.elapsed(table.time, table.ptr, table.time_unit)
        if float(elapsed.mean()) > 0:
            self.scale.copy_(elapsed.mean())
        x = window_features(table.time, table.ptr, elapsed, table.parent, float(self.scale))
        std = x.std(0, correction=0)
        self.y_mean.copy_(log_growth(observed).mean())
        self.x_mean.copy_(x.mean(0))
        self.x_std.copy_(torch.where(std > 1e-6, std, 1.0))
        self.time_unit = observed.time_unit

    def forward(self, batch: Data) -> Tensor:
        """Predicts the growth of the cascades of a batch, which are cut to the window, ``[B]``; it may be below 0."""
        state = self.encoder.encode(batch).user
        ptr = batch.ptr
        mean = torch.segment_reduce(state, "mean", offsets=ptr)
        parts = [state[ptr[1:] - 1], mean]
        if self.features:
            elapsed = self.window.elapsed(batch["time"], ptr, self.time_unit)
            parent = None if "parent" not in batch else batch.parent - ptr[:-1][batch.batch]
            x = window_features(batch["time"], ptr, elapsed, parent, float(self.scale))
            parts.append(((x - self.x_mean) / self.x_std).to(state.dtype))
        y: Tensor = self.y_mean + self.head(torch.cat(parts, 1)).squeeze(1)
        return y

    @torch.no_grad()
    def predict(self, observed: CascadeDataset) -> Tensor:
        training = self.training
        self.eval()
        device = self.y_mean.device
        y = torch.cat([self(batch.to(device)).double().cpu() for batch in CascadeLoader(observed, BATCH_SIZE)])
        self.train(training)
        return y.clamp(min=0)
