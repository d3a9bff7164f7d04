from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor
from torch_geometric.data import Data
from torchmetrics import Metric

from graphcascade.errors import UsageError
from graphcascade.evaluation import Protocol, rank_batch
from graphcascade.metrics import HitAtK, MeanReciprocalRank
from graphcascade.models.next_user import Encoding, NextEvents, NextUserModel

__all__ = ["SCHEDULES", "Diverged", "NextUserTask"]


EXPLODED = 1e4  # times the loss of the untrained model


class Diverged(Exception):
    """The loss is no longer finite, or beyond all measure."""


def _noam(step: int, warmup: int, total: int) -> float:
    # The rate peaks at the learning rate, at the end of the warm-up.
    return min((step + 1) / warmup, math.sqrt(warmup / (step + 1)))


def _cosine(step: int, warmup: int, total: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, total - warmup))))


def _linear(step: int, warmup: int, total: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, 1 - (step - warmup) / max(1, total - warmup))


def _constant(step: int, warmup: int, total: int) -> float:
    return min(1.0, (step + 1) / max(1, warmup))


SCHEDULES = {"constant": _constant, "cosine": _cosine, "linear": _linear, "noam": _noam}


class NextUserTask(LightningModule):
    """What Lightning trains: a next-user model, its loss, and its validation.

    The loss of a batch is the mean negative log-likelihood of the next users (and of the end of each cascade, where
    the model predicts it), plus that of the intervals between events where the model has a time head.

    Args:
        model: The model.
        learning_rate: Of Adam.
        weight_decay: Of Adam.
        schedule: One of ``SCHEDULES``.
        warmup_steps: Steps until the learning rate is reached.
        protocol: How validation ranks.
        run: What decides the numbers of the run, in plain values; checkpoints keep it.
    """

    def __init__(
        self,
        model: NextUserModel,
        learning_rate: float,
        weight_decay: float,
        schedule: str,
        warmup_steps: int,
        protocol: Protocol,
        run: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.warmup_steps = warmup_steps
        self.protocol = protocol
        self.run = dict(run or {})
        self.first_loss: float | None = None
        self.rank_metrics: dict[str, Metric] = {
            "val_mrr": MeanReciprocalRank(),
            "val_hit@1": HitAtK(1),
            "val_hit@10": HitAtK(10),
        }
        self._sums: dict[str, list[float]] = {"train": [0.0, 0], "val": [0.0, 0]}

    def loss(self, batch: Data, seen_only: bool) -> tuple[Tensor, int]:
        """Summed loss of a batch, and the number of its predictions."""
        return self.loss_of(self.model.encode(batch), batch, seen_only)

    def loss_of(self, encoding: Encoding, batch: Data, seen_only: bool) -> tuple[Tensor, int]:
        """Summed loss of a batch that is encoded already, and the number of its predictions."""
        model = self.model
        events = NextEvents.of(batch, model.num_users if model.readout.terminate else None)
        if seen_only:  # of users that training never saw, no likelihood can be learnt
            known = events.target >= model.num_users
            known |= model.seen[events.target.clamp(max=model.num_users - 1)]
            events = events.select(known)
        if events.row.numel() == 0:
            return encoding.user.sum() * 0, 0
        every = events.row.numel() == encoding.user.size(0)  # rows are in order
        x = encoding.user if every else encoding.user.index_select(0, events.row)
        loss = model.readout.loss(x, events.target, events.history)
        if model.time_head is not None and encoding.time is not None and batch.time is not None:
            row = events.row[events.target < model.num_users]
            interval = batch.time[row + 1] - batch.time[row]
            loss = loss - model.time_head.log_prob(encoding.time[row], interval).sum()
        return loss, events.row.numel()

    def __setattr__(self, name: str, value: Any) -> None:
        # Lightning notes the name of each hook it calls, a dozen times a step; torch's own way costs 5 % of it.
        if isinstance(value, str):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def training_step(self, batch: Data, batch_idx: int) -> Tensor:
        total, count = self.loss(batch, seen_only=False)
        value = float(total.detach())
        self._check_loss(value / max(1, count))
        self._add("train", value, count)
        return total / max(1, count)

    def validation_step(self, batch: Data, batch_idx: int) -> None:
        total, count = self.loss(batch, seen_only=True)
        self._check_loss(float(total) / max(1, count))
        self._add("val", float(total), count)
        rank, seen, cascade = rank_batch(self.model, batch, self.protocol)
        if self.protocol.unseen == "leave_out":
            rank, cascade = rank[seen], cascade[seen]
        weight = None
        if self.protocol.average == "cascade":
            weight = 1 / torch.bincount(cascade)[cascade]
        for metric in self.rank_metrics.values():
            metric.update(rank, weight)

    def on_train_epoch_start(self) -> None:
        self._sums["train"] = [0.0, 0]

    def on_validation_epoch_start(self) -> None:
        self._check_weights()
        self._sums["val"] = [0.0, 0]

    def on_validation_epoch_end(self) -> None:
        self._log_mean("val")
        for name, metric in self.rank_metrics.items():
            self.log(name, metric.compute().float(), prog_bar=name == "val_mrr")
            metric.reset()

    def on_train_epoch_end(self) -> None:
        self._check_weights()
        self._log_mean("train")

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.Adam(
            self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay, fused=True
        )
        if self.schedule == "constant" and self.warmup_steps == 0:
            return optimizer
        total = int(self.trainer.estimated_stepping_batches)
        shape = SCHEDULES[self.schedule]
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: shape(step, self.warmup_steps, total))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def transfer_batch_to_device(self, batch: Data, device: torch.device, dataloader_idx: int) -> Data:
        return batch if device.type == "cpu" else batch.to(device, non_blocking=True)

    def _check_weights(self) -> None:
        # The last step of an epoch may ruin what no loss has shown yet, and a checkpoint would keep it.
        if not all(math.isfinite(float(parameter.detach().sum())) for parameter in self.parameters()):
            raise Diverged("weights that are not finite")

    def _check_loss(self, loss: float) -> None:
        if self.first_loss is None:
            self.first_loss = abs(loss)
        if not math.isfinite(loss) or loss > EXPLODED * max(1.0, self.first_loss):
            raise Diverged(f"a loss of {loss:.3g} a prediction")

    def _add(self, part: str, total: float, count: int) -> None:
        self._sums[part][0] += total
        self._sums[part][1] += count

    def _log_mean(self, part: str) -> None:
        total, count = self._sums[part]
        if count == 0:
            raise UsageError(f"the {part} cascades have no event with a next user that training knows.")
        self.log(f"{part}_loss", total / count, prog_bar=True)
