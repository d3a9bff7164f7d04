from __future__ import annotations

import logging

from graphcascade.data.cascades.dataset import CascadeDataset
from graphcascade.data.cascades.fingerprints import count_known
from graphcascade.errors import UsageError

__all__ = ["check_training", "check_validation"]

logger = logging.getLogger(__name__)


def check_validation(train: CascadeDataset, val: CascadeDataset | None) -> None:
    """Checks that the validation cascades are not the test part of a split, nor a part of another split.

    Cascades that are in both parts are reported by a warning.

    Raises:
        UsageError: The validation cascades are the test part of a split, or come from another split than the
            training cascades.
    """
    if val is None:
        return
    overlap = count_known(train.fingerprints, val.fingerprints)
    if overlap:
        logger.warning(
            "%s: %s of %s validation cascades are also training cascades, so validation favours epochs that "
            "memorised them.",
            val.name,
            f"{overlap:,}",
            f"{len(val):,}",
        )
    if val.split is None:
        return
    if val.split.part == "test":
        raise UsageError(f"{val.name}: this is the test part of a split; validate on the validation part.")
    if train.split is not None and train.split.digest != val.split.digest:
        raise UsageError(
            f"{val.name}: the validation cascades ({val.split.method}, seed {val.split.seed}) come from another "
            f"split than the training cascades ({train.split.method}, seed {train.split.seed}); take both from "
            "one call of splits()."
        )


def check_training(train: CascadeDataset) -> None:
    """Checks that the training cascades are not the test part of a split.

    Raises:
        UsageError: They are.
    """
    if train.split is not None and train.split.part == "test":
        raise UsageError(f"{train.name}: this is the test part of a split; train on the train part.")
