from __future__ import annotations

from typing import TYPE_CHECKING

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

if TYPE_CHECKING:
    import optuna

__all__ = ["TrialReport"]


class TrialReport(Callback):
    """Reports the validation figure of each epoch to a trial of Optuna, and ends the training of a poor trial.

    Args:
        trial: The trial.
        monitor: Name of the figure as Lightning logs it, such as "val_mrr".
    """

    def __init__(self, trial: optuna.Trial, monitor: str) -> None:
        self.trial = trial
        self.monitor = monitor

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Reports the figure.

        Raises:
            optuna.TrialPruned: The trial is worse than the others after as many epochs.
        """
        import optuna

        self.trial.report(float(trainer.callback_metrics[self.monitor]), trainer.current_epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned
