from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from graphcascade.errors import UsageError
from graphcascade.trainers.row_adagrad import RowAdagrad
from graphcascade.trainers.row_adam import RowAdam

__all__ = ["Optimization"]


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


SCHEDULES: dict[str, Callable[[int, int, int], float]] = {
    "constant": _constant,
    "cosine": _cosine,
    "linear": _linear,
    "noam": _noam,
}
OPTIMIZERS: dict[str, type[RowAdam] | type[RowAdagrad]] = {"adam": RowAdam, "adagrad": RowAdagrad}


@dataclass(frozen=True, kw_only=True)
class Optimization:
    """How the weights of a model follow the gradient of its loss.

    Args:
        optimizer: "adam" or "adagrad".
        learning_rate: Learning rate of the optimizer.
        weight_decay: L2 penalty of the optimizer.
        schedule: Course of the learning rate: "constant", "linear" or "cosine" (down to zero at the end of the
            training), or "noam" (inverse square root after the warm-up).
        warmup_steps: Steps in which the learning rate rises to ``learning_rate``.

    Raises:
        UsageError: An unknown name, or a number out of range.
    """

    optimizer: str = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    schedule: str = "constant"
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise UsageError(argument="optimizer", value=self.optimizer, reason=f"use one of {', '.join(OPTIMIZERS)}")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise UsageError(
                argument="learning_rate", value=self.learning_rate, reason="must be a finite number above 0"
            )
        if not (math.isfinite(self.weight_decay) and self.weight_decay >= 0):
            raise UsageError(
                argument="weight_decay", value=self.weight_decay, reason="must be a finite number, 0 or more"
            )
        if self.schedule not in SCHEDULES:
            raise UsageError(argument="schedule", value=self.schedule, reason=f"use one of {', '.join(SCHEDULES)}")
        if self.warmup_steps < 0 or (self.schedule == "noam" and self.warmup_steps == 0):
            raise UsageError(
                argument="warmup_steps", value=self.warmup_steps, reason="must be 0 or more, and above 0 for 'noam'"
            )

    @property
    def takes_sparse_gradients(self) -> bool:
        """Whether the optimizer takes sparse gradients, and then only changes the rows that have one.

        AdaGrad does the same with dense gradients. Adam does not: with sparse ones it is
        :class:`torch.optim.SparseAdam`. A weight decay changes all rows, and needs dense gradients.
        """
        return self.weight_decay == 0

    @property
    def depends_on_total(self) -> bool:
        """Whether the learning rate of a step depends on the number of all steps."""
        return self.schedule in ("cosine", "linear")

    def make_optimizer(self, parameters: Iterable[nn.Parameter] | list[dict[str, Any]]) -> Optimizer:
        """Returns the optimizer of some parameters, or of groups of them."""
        return OPTIMIZERS[self.optimizer](parameters, lr=self.learning_rate, weight_decay=self.weight_decay, fused=True)

    def make_scheduler(self, optimizer: Optimizer, total_steps: int) -> LambdaLR | None:
        """Returns the scheduler of an optimizer, which is to be called after each step; ``None`` if none is needed."""
        if self.schedule == "constant" and self.warmup_steps == 0:
            return None
        shape = SCHEDULES[self.schedule]
        return LambdaLR(optimizer, lambda step: shape(step, self.warmup_steps, total_steps))
