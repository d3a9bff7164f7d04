from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["SourceFusionOptions"]


@dataclass(frozen=True)
class SourceFusionOptions:
    """Options of the fusion of user vectors with a vector of the cascade's source (DSSF).

    Args:
        source_fusion: Combine the vector of each user with a vector of the cascade's source (DSSF), by a sum, by
            concatenation or by attention.
        source_gate: How --source-fusion attention turns scores into weights: "softmax" over all sources, "sigmoid" of
            each score, or "literal", each score divided by their sum as printed in the paper, which is unbounded.
        source_dropout: Share of the training cascades whose source is hidden, below 1, so that the model also learns
            to predict without a known source; for --source-fusion.
    """

    heading = "fusion with the source (DSSF)"  # in the help
    of_training = True  # not an option of commands that choose how to train

    source_fusion: Literal["none", "sum", "concatenation", "attention"] = "none"
    source_gate: Literal["softmax", "sigmoid", "literal"] = "softmax"
    source_dropout: float = 0.3
