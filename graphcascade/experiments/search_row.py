from __future__ import annotations

from dataclasses import dataclass

from graphcascade.experiments.choosing_row import ChoosingRow
from graphcascade.experiments.model_row import ModelRow

__all__ = ["SearchRow"]


@dataclass(frozen=True, kw_only=True)
class SearchRow(ChoosingRow, ModelRow):
    """A row with a model of cascades, some of whose settings are chosen on validation."""
