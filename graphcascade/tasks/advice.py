from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphcascade.options import TrainingOptions

if TYPE_CHECKING:  # it takes long to import, with lightning, and many commands do not train
    from graphcascade.trainers import Trainer

__all__ = ["advise"]

MAX_EPOCHS = 50  # the least number that is proposed


def advise(training: TrainingOptions, trainer: Trainer[Any, Any], steps: Sequence[str], baseline: str) -> str:
    """Returns what to try when a baseline is better than a trained model: options that its training did not use.

    Args:
        training: Options of the training.
        trainer: The trainer after the training.
        steps: What else to try, as options of the command line.
        baseline: The best baseline, as ``--model`` names it.
    """
    factor, change = (0.5, "smaller") if trainer.diverged else (2, "larger")
    tried = [f"a {change} --learning-rate ({factor * trainer.optimization.learning_rate:g})"]
    if trainer.stopped_early and training.patience is not None:  # a higher maximum would change nothing
        tried.append(f"more epochs without an improvement (--patience {2 * training.patience})")
    elif not trainer.diverged:
        tried.append(f"more epochs (--max-epochs {max(2 * (training.max_epochs or trainer.max_epochs), MAX_EPOCHS)})")
    tried += steps
    text = " or ".join(part for part in (", ".join(tried[:-1]), tried[-1]) if part)
    return f"Try {text}; or use the baseline itself (--model {baseline})."
