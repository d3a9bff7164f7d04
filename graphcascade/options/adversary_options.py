from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["AdversaryOptions"]


@dataclass(frozen=True)
class AdversaryOptions:
    """Options of adversarial training, which makes rare sources profit from frequent ones (DSSF).

    Args:
        adversary: Train against a discriminator, so that what the model learns from cascades of head sources also
            serves those of tail sources (DSSF). "alternate" trains the discriminator in epochs of its own, as the
            paper does; "joint" trains both in every step. Half of each batch comes from head sources. Works with and
            without --source-fusion.
        head_share: Share of the sources that count as head sources, those with the most training cascades; "half"
            takes as many sources as began half of the cascades; for --adversary.
        adversary_warmup: Epochs before the model is trained against the discriminator; for --adversary. Lower
            it for runs of fewer than 8 epochs.
    """

    heading = "adversarial training (DSSF)"  # in the help
    of_training = True  # not an option of commands that choose how to train

    adversary: Literal["none", "alternate", "joint"] = "none"
    head_share: float | Literal["half"] = 0.2
    adversary_warmup: int = 5
