from __future__ import annotations

from graphcascade.data import CascadeDataset, PostStream, RetweetNetwork
from graphcascade.data.cascades.fingerprints import count_known
from graphcascade.errors import UsageError
from graphcascade.models.model import Model

__all__ = ["count_overlap"]


def count_overlap(
    model: Model, data: CascadeDataset | RetweetNetwork | PostStream, allow: bool, noun: str = "cascades"
) -> dict[str, int]:
    """Counts the test cascades, retweets or posts that a model was trained on, by their fingerprints.

    Args:
        model: A trained model.
        data: Test cascades.
        allow: Whether test cascades may have been used in training.
        noun: What the data consist of, in messages.

    Returns:
        The count, as a result reports it; empty if no test cascade was used in training.

    Raises:
        UsageError: Some test cascades were used in training and ``allow`` is false. For a model that does not keep
            fingerprints of its training cascades: ``data`` is a part of another split.
    """
    if model.training_fingerprints is None:
        _check_split(model, data, allow)
        return {}
    fingerprints = data.fingerprints
    overlap = count_known(model.training_fingerprints, fingerprints)
    if overlap and not allow:
        trained, tested = model.split, data.split
        hint = ""
        if trained is not None and tested is not None and trained.digest != tested.digest:
            hint = (
                f" (this {tested.part} part is of another split, {tested.method} with seed {tested.seed}, than the "
                f"training {noun}, {trained.method} with seed {trained.seed})"
            )
        raise UsageError(
            value=data.name,
            reason=f"{overlap:,} of {fingerprints.numel():,} test {noun} were in training{hint}; test on other {noun}, "
            "such as the test part of the same split; to test on all of them, and count those that were in training, "
            "give",
            remedy=("allow_overlap", True),
        )
    return {f"{noun} seen in training": overlap} if overlap else {}


def _check_split(model: Model, data: CascadeDataset | RetweetNetwork | PostStream, allow: bool) -> None:
    trained, tested = model.split, data.split
    if trained is None or tested is None or tested.part == "train" or allow:
        return
    if trained.digest != tested.digest:
        raise UsageError(
            f"{data.name}: this {tested.part} part is of another split ({tested.method}, seed {tested.seed}) than the "
            f"training cascades ({trained.method}, seed {trained.seed}), so it contains some of them; take both from "
            "the same splits()."
        )
