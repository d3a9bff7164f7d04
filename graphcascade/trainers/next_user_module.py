from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.evaluation import NextUserProtocol, rank_batch
from graphcascade.metrics import HitAtK, MeanReciprocalRank
from graphcascade.models.next_user import Encoding, NextEvents, NextUserModel
from graphcascade.nn import UserSampler
from graphcascade.trainers.optimization import Optimization
from graphcascade.trainers.training_module import TrainingModule

__all__ = ["NextUserModule"]


class NextUserModule(TrainingModule):
    """Loss and validation of a next-user model.

    The loss of a batch is the mean negative log-likelihood of the next users (and of the end of each cascade, where
    the model predicts it), plus that of the intervals between events where the model has a time head.

    Args:
        model: The model.
        optimization: How its weights are optimised.
        protocol: How validation ranks.
        run: What decides the numbers of the run, as plain values; checkpoints keep it.
        sampler: Draws the users from which the loss of a training step is estimated; ``None`` for the exact loss. The
            loss of the validation is exact.
    """

    no_targets = "the {part} cascades have no event with a next user that training knows."
    model: NextUserModel

    def __init__(
        self,
        model: NextUserModel,
        optimization: Optimization,
        protocol: NextUserProtocol,
        run: Mapping[str, Any] | None = None,
        sampler: UserSampler | None = None,
    ) -> None:
        metrics = {"val_mrr": MeanReciprocalRank(), "val_hit@1": HitAtK(1), "val_hit@10": HitAtK(10)}
        super().__init__(model, optimization, metrics, run)
        self.protocol = protocol
        self.sampler = sampler

    def loss(self, batch: Data, training: bool) -> tuple[Tensor, int]:
        return self.loss_of(self.model.encode(batch), batch, training)

    def loss_of(self, encoding: Encoding, batch: Data, training: bool) -> tuple[Tensor, int]:
        """Computes the summed loss of a batch that is encoded already, and the number of its predictions.

        Args:
            encoding: The encoding of the batch.
            batch: Cascades.
            training: Whether this is a step of the training. Otherwise next users whom training never saw are left out,
                because no likelihood of them can be learned.
        """
        model = self.model
        events = NextEvents.from_batch(batch, model.num_users if model.readout.terminate else None)
        if not training:
            known = events.target >= model.num_users
            known |= model.seen[events.target.clamp(max=model.num_users - 1)]
            events = events.select(known)
        if events.row.numel() == 0:
            return encoding.user.sum() * 0, 0
        all_rows = events.row.numel() == encoding.user.size(0)  # rows are in order
        x = encoding.user if all_rows else encoding.user.index_select(0, events.row)
        candidates = self.sampler.draw() if training and self.sampler is not None else None
        loss = model.readout.loss(x, events.target, events.history, candidates)
        if model.time_head is not None and encoding.time is not None and batch.time is not None:
            row = events.row[events.target < model.num_users]
            interval = batch.time[row + 1] - batch.time[row]
            loss = loss - model.time_head.log_prob(encoding.time[row], interval).sum()
        return loss, events.row.numel()

    def measure(self, batch: Data) -> None:
        rank, seen, cascade = rank_batch(self.model, batch, self.protocol)
        if self.protocol.unseen == "leave_out":
            rank, cascade = rank[seen], cascade[seen]
        weight = None
        if self.protocol.average == "cascade":
            weight = 1 / torch.bincount(cascade)[cascade]
        for metric in self.validation_metrics.values():
            metric.update(rank, weight)
