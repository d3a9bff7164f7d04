from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["TrainingOptions"]


@dataclass(frozen=True)
class TrainingOptions:
    """training in epochs

    The defaults were chosen on the validation cascades of several data sets, see ``docs/defaults.md``. They are also
    those of the trainers. The experiments of the package state their own settings.

    Args:
        max_epochs: Maximum number of training epochs.
        batch_size: Number of cascades in a batch.
        learning_rate: Adam's learning rate.
        weight_decay: Adam's weight decay (L2 penalty).
        schedule: How the learning rate changes during training.
        warmup_steps: Number of steps in which the learning rate rises from zero.
        gradient_clip: Maximum norm of the gradients; not clipped if not given.
        patience: Number of epochs without an improvement on validation after which training stops; null for no limit.
        monitor: What counts as an improvement: a higher mean reciprocal rank (mrr), a lower loss, or either. The
            weights with the highest mean reciprocal rank are kept; with loss, those with the lowest loss.
    """

    max_epochs: int = 50
    batch_size: int = 32
    learning_rate: float = 0.005
    weight_decay: float = 0.0
    schedule: Literal["constant", "linear", "cosine", "noam"] = "constant"
    warmup_steps: int = 0
    gradient_clip: float | None = None
    patience: int | None = 8
    monitor: Literal["mrr", "loss", "either"] = "either"
