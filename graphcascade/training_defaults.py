"""Defaults of the trainers and of ``graphcascade fit``, in one place that imports nothing.

They were chosen on the validation cascades of several data sets, see ``docs/defaults.md``. The experiments of the
package state their own settings.
"""

from __future__ import annotations

from typing import Literal

__all__ = ["BATCH_SIZE", "LEARNING_RATE", "MAX_EPOCHS", "MONITOR", "PATIENCE"]

MAX_EPOCHS = 50
BATCH_SIZE = 32
LEARNING_RATE = 0.005
PATIENCE = 8
MONITOR: Literal["mrr", "loss", "either"] = "either"
