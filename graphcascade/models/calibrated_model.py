from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphcascade.models.model import Model

__all__ = ["CalibratedModel"]

NUM_QUANTILES = 1001  # of the residuals; from the lowest to the highest


class CalibratedModel(Model):
    """Base class of models that predict a number, with an interval from the residuals on validation data."""

    residuals: Tensor
    """Quantiles of label minus prediction on the validation data, ``[1001]``, from the lowest to the highest; NaN
    before the calibration."""
    coverage: Tensor
    """Share of the validation data that a 90 % interval covers, see :meth:`set_residuals`; NaN before."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register_buffer("residuals", torch.full((NUM_QUANTILES,), torch.nan))
        self.register_buffer("coverage", torch.tensor(torch.nan))

    def set_residuals(self, residual: Tensor) -> None:
        """Sets :attr:`residuals` and :attr:`coverage`.

        The coverage is that of 90 % intervals from the residuals of the other half of the data.

        Args:
            residual: Label minus prediction of each example of the validation data, ``[M]``, in the order of the data.
        """
        device = self.residuals.device
        share = torch.linspace(0, 1, NUM_QUANTILES)
        self.residuals = _quantiles(residual, share).to(device)
        halves = residual.tensor_split(2)
        if min(half.numel() for half in halves) == 0:
            return
        covered = []
        for own, other in (halves, halves[::-1]):
            low, high = _quantiles(other, torch.tensor([0.05, 0.95]))
            covered.append((own >= low) & (own <= high))
        self.coverage = torch.cat(covered).float().mean().to(device)

    def interval(self, level: float) -> tuple[float, float] | None:
        """Returns what is added to a prediction for the ends of an interval; ``None`` before the calibration.

        Args:
            level: Share of the validation data within the interval, between 0 and 1.
        """
        if bool(self.residuals.isnan().any()):
            return None
        last = NUM_QUANTILES - 1
        ends = torch.tensor([(1 - level) / 2 * last, (1 + level) / 2 * last]).round().long()
        low, high = self.residuals.cpu()[ends].tolist()
        return low, high


def _quantiles(value: Tensor, share: Tensor) -> Tensor:
    """Returns quantiles of values of any number; torch.quantile has a limit."""
    return torch.from_numpy(np.quantile(value.double().numpy(), share.double().numpy())).float()
