from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["TrainingOptions"]


@dataclass(frozen=True)
class TrainingOptions:
    """Options of the training in epochs.

    Options that are not given have the defaults of the trainer. Those of next users were chosen on the validation
    cascades of several datasets, see ``docs/defaults.md``. The experiments of the package state their own settings.

    Args:
        max_epochs: Maximum number of training epochs. If not given, 50; 10 for models that predict popularity.
        batch_size: Number of cascades in a batch, of preference triples of models that rank tweets, or of posts of
            models that predict popularity. If not given, 32 cascades, 8,192 triples or 512 posts.
        optimizer: The optimizer. If not given, adam; adagrad for models that rank tweets.
        learning_rate: Learning rate of the optimizer. If not given, 0.005; 0.01 for models that rank tweets,
            0.001 for models that predict popularity.
        weight_decay: Weight decay of the optimizer (L2 penalty). If not given, 0; 0.0001 for models that predict
            popularity.
        schedule: How the learning rate changes during training.
        warmup_steps: Number of steps in which the learning rate rises from zero.
        gradient_clip: Maximum norm of the gradients; not clipped if not given.
        patience: Number of epochs without an improvement on validation after which training stops; null for no limit.
        monitor: What counts as an improvement: a higher mean reciprocal rank (mrr), or AUC of models that rank tweets
            (auc), a lower mean absolute error of models that predict popularity (mae), a lower loss, or either. The
            weights with the best rank, AUC or error are kept; with loss, those with the lowest loss. If not given,
            either; auc for models that rank tweets, mae for models that predict popularity.
        trainer_args: Further arguments of lightning.Trainer as JSON or one by one, as in --trainer-args.precision
            bf16-mixed: accelerator, devices, precision, deterministic, profiler and others.
    """

    heading = "training in epochs"  # in the help
    of_training = True  # not an option of commands that choose how to train

    max_epochs: int | None = None
    batch_size: int | None = None
    optimizer: Literal["adam", "adagrad"] | None = None
    learning_rate: float | None = None
    weight_decay: float | None = None
    schedule: Literal["constant", "linear", "cosine", "noam"] = "constant"
    warmup_steps: int = 0
    gradient_clip: float | None = None
    patience: int | None = 8
    monitor: Literal["mrr", "auc", "mae", "loss", "either"] | None = None
    trainer_args: dict[str, Any] | None = None

    def given(self) -> dict[str, Any]:
        """Returns the arguments of a trainer that these options set; it chooses the others."""
        chosen = ("max_epochs", "batch_size", "optimizer", "learning_rate", "weight_decay", "monitor", "trainer_args")
        return {name: value for name, value in vars(self).items() if name not in chosen or value is not None}
