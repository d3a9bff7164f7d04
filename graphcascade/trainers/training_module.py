from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torchmetrics import Metric

from graphcascade.errors import UsageError
from graphcascade.processes import num_processes, process_number, sum_over_processes
from graphcascade.trainers.clip_gradients import clip_gradients
from graphcascade.trainers.optimization import Optimization

__all__ = ["Diverged", "TrainingModule"]

MAX_LOSS_GROWTH = 1e4  # a loss of that many times the first one is no longer worth going on with


class Diverged(Exception):
    """The loss or a weight is no longer finite, or the loss is far above that of the untrained model."""


class TrainingModule(LightningModule):
    """What Lightning trains: a model, its loss, and the metrics of its validation. Subclasses say which these are.

    Args:
        model: The model.
        optimization: How its weights are optimised.
        metrics: Metrics of the validation, by the names under which they are logged ("val_mrr").
        run: What decides the numbers of the run, as plain values; checkpoints keep it.
    """

    no_targets: ClassVar[str] = "the {part} data have nothing to predict."
    """Message of the error if no batch of a part ("train" or "val") has a target."""

    def __init__(
        self,
        model: nn.Module,
        optimization: Optimization,
        metrics: Mapping[str, Metric],
        run: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.optimization = optimization
        self.validation_metrics = dict(metrics)
        self.run = dict(run or {})
        self.first_loss: float | None = None
        self._sums: dict[str, list[float]] = {"train": [0.0, 0], "val": [0.0, 0]}

    @abstractmethod
    def loss(self, batch: Any, training: bool) -> tuple[Tensor, int]:
        """Computes the summed loss of a batch.

        Args:
            batch: What the loader gives.
            training: Whether this is a step of the training, rather than of the validation.

        Returns:
            The sum over all predictions, a scalar, and their number.
        """

    @abstractmethod
    def measure(self, batch: Any) -> None:
        """Updates the metrics with a batch of the validation."""

    def __setattr__(self, name: str, value: Any) -> None:
        # Lightning notes the name of each hook it calls, a dozen times a step; torch's own way costs 5 % of it.
        if isinstance(value, str):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        return self.mean_loss(*self.loss(batch, training=True), part="train")

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self.mean_loss(*self.loss(batch, training=False), part="val")
        self.measure(batch)

    def mean_loss(self, total: Tensor, count: int, part: str) -> Tensor:
        """Adds the loss of a batch to that of its part, and returns its mean.

        With several processes, a batch of the training is that of all of them, and the loss is such that the average of
        the gradients over the processes is the gradient of the mean over all targets.

        Raises:
            Diverged: The loss is not finite, or far above the first one.
        """
        value = float(total.detach())
        if part == "train":
            value, count = self.sum_of_all(value, count)
        if part == "train" or num_processes() == 1:  # shares of the validation are added up at its end
            self._check_loss(value / max(1, count))
        self._sums[part][0] += value
        self._sums[part][1] += count
        return self.mean_of_all(total, count)

    def sum_of_all(self, value: float, count: int) -> tuple[float, int]:
        """Returns the sum of a loss and the number of its targets over the shares of all processes in a batch."""
        value, number = sum_over_processes([value, count])
        return value, int(number)

    def mean_of_all(self, total: Tensor, count: int) -> Tensor:
        """Returns the mean whose gradients, averaged over the processes, are those of the whole batch.

        Args:
            total: Sum of the loss over the targets of this process.
            count: Number of targets of all processes.
        """
        mean = total / max(1, count)
        return mean if num_processes() == 1 else mean * num_processes()

    def _check_loss(self, mean: float) -> None:
        if self.first_loss is None:
            self.first_loss = abs(mean)
        if not math.isfinite(mean) or mean > MAX_LOSS_GROWTH * max(1.0, self.first_loss):
            raise Diverged(f"a loss of {mean:.3g} a prediction")

    def on_train_epoch_start(self) -> None:
        if num_processes() > 1:
            # Dropout differs between processes. An epoch decides it, since a checkpoint has the state of one process.
            torch.manual_seed(hash((self.run.get("seed", 0), self.current_epoch, process_number())) % 2**63)
        self._sums["train"] = [0.0, 0]

    def on_validation_epoch_start(self) -> None:
        self._check_weights()
        self._sums["val"] = [0.0, 0]

    def on_validation_epoch_end(self) -> None:
        if num_processes() > 1:
            self._sums["val"] = sum_over_processes(self._sums["val"])
            self._check_loss(self._sums["val"][0] / max(1, self._sums["val"][1]))
        self._log_mean("val")
        for number, (name, metric) in enumerate(self.validation_metrics.items()):
            self.log(name, metric.compute().float(), prog_bar=number == 0)
            metric.reset()

    def on_train_epoch_end(self) -> None:
        self._check_weights()
        self._log_mean("train")

    def configure_optimizers(self) -> Any:
        optimizer = self.optimization.make_optimizer(self.parameter_groups())
        scheduler = self.optimization.make_scheduler(optimizer, int(self.trainer.estimated_stepping_batches))
        if scheduler is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        if gradient_clip_val is not None:
            clip_gradients(self.parameters(), gradient_clip_val)

    def parameter_groups(self) -> Iterable[nn.Parameter] | list[dict[str, Any]]:
        """Returns what the optimizer trains; weights with another learning rate are groups of their own."""
        return self.parameters()

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        return batch if device.type == "cpu" else batch.to(device, non_blocking=True)

    def _check_weights(self) -> None:
        # The last step of an epoch may ruin what no loss has shown yet, and a checkpoint would keep it.
        if not all(math.isfinite(float(parameter.detach().sum())) for parameter in self.parameters()):
            raise Diverged("weights that are not finite")

    def _log_mean(self, part: str) -> None:
        total, count = self._sums[part]
        if count == 0:
            raise UsageError(self.no_targets.format(part=part))
        self.log(f"{part}_loss", total / count, prog_bar=True)
