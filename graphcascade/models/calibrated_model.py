from __future__ import annotations

import logging
import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from graphcascade.models.model import Model

__all__ = ["CalibratedModel"]

logger = logging.getLogger(__name__)

NUM_QUANTILES = 1001  # of the residuals; from the lowest to the highest


class CalibratedModel(Model):
    """Base class of models that predict a number, with an interval from the residuals on validation data."""

    residuals: Tensor
    """Quantiles of label minus prediction on the validation data, ``[1001]``, from the lowest to the highest; NaN
    before the calibration."""
    half_residuals: Tensor
    """Those of the first and the second half of the data, ``[2, 1001]``."""
    num_residuals: Tensor
    """Number of the residuals; 0 before the calibration."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.register_buffer("residuals", torch.full((NUM_QUANTILES,), torch.nan))
        self.register_buffer("half_residuals", torch.full((2, NUM_QUANTILES), torch.nan))
        self.register_buffer("num_residuals", torch.tensor(0))

    def set_residuals(self, residual: Tensor) -> None:
        """Sets :attr:`residuals` and :attr:`half_residuals`.

        Args:
            residual: Label minus prediction of each example of the validation data, ``[M]``, in the order of the data.
        """
        device = self.residuals.device
        self.residuals = _quantiles(residual).to(device)
        self.num_residuals = torch.tensor(residual.numel(), device=device)
        halves = residual.tensor_split(2)
        if min(half.numel() for half in halves) > 0:
            self.half_residuals = torch.stack([_quantiles(half) for half in halves]).to(device)

    def forget_residuals(self) -> None:
        """Takes the intervals away, as before a training."""
        self.residuals, self.half_residuals = (
            torch.full_like(x, torch.nan) for x in (self.residuals, self.half_residuals)
        )
        self.num_residuals = torch.zeros_like(self.num_residuals)

    def interval(self, level: float) -> tuple[float, float] | None:
        """Returns what is added to a prediction for the ends of an interval; ``None`` before the calibration.

        The ends are quantiles of the residuals. If all of these are above or below 0, as those of a model whose errors
        have a bias, the prediction itself is the other end, so that an interval always contains its prediction.

        Args:
            level: Share of the validation data within the interval, between 0 and 1.
        """
        if bool(self.residuals.isnan().any()):
            return None
        return _ends(self.residuals, level)

    def least_residuals(self, level: float) -> int:
        """Returns how many residuals an interval needs at least: 19 for one of 90 %.

        A new residual is below the lowest of n others with the probability 1 / (n + 1), if all are alike. With fewer
        residuals, even the interval from the lowest to the highest of them covers less than ``level``.
        """
        return math.ceil(round(2 / (1 - level), 9)) - 1

    def warn_about_few_residuals(self, level: float, examples: str) -> None:
        """Logs a warning if an interval needs more residuals than there are, see :meth:`least_residuals`.

        Args:
            level: Share that is meant to be within the interval, between 0 and 1.
            examples: Noun for what was predicted, in the plural, such as "posts".
        """
        count, least = int(self.num_residuals), self.least_residuals(level)
        if 0 < count < least:
            logger.warning(
                "%d validation %s are too few for intervals of %g %%, which need %d.",
                count,
                examples,
                100 * level,
                least,
            )

    def coverage(self, level: float) -> float:
        """Returns the share of the validation data within intervals from the other half of these data.

        Examples are in the order of time, so one half is earlier than the other. NaN before the calibration.

        Args:
            level: Share that is meant to be within the interval, between 0 and 1.
        """
        halves = self.half_residuals.cpu()
        if bool(halves.isnan().any()):
            return math.nan
        covered = []
        for own, other in (halves, halves.flip(0)):
            low, high = _ends(other, level)
            covered.append(((own >= low) & (own <= high)).float().mean())
        return float(torch.stack(covered).mean())


def _ends(residuals: Tensor, level: float) -> tuple[float, float]:
    """Returns two quantiles that at least a share of the data is between, and 0 with them."""
    last = NUM_QUANTILES - 1
    ends = torch.tensor([(1 - level) / 2 * last, (1 + level) / 2 * last]).round().long()
    low, high = residuals.cpu()[ends].tolist()
    return min(low, 0.0), max(high, 0.0)


def _quantiles(value: Tensor) -> Tensor:
    """Returns the quantiles of values of any number; torch.quantile has a limit."""
    share = np.linspace(0, 1, NUM_QUANTILES)
    return torch.from_numpy(np.quantile(value.double().numpy(), share)).float()
