from __future__ import annotations

import logging
import math
from abc import ABC
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from graphcascade.configured import Configured
from graphcascade.data import CascadeDataset, Split
from graphcascade.data.cascades.fingerprints import merge_fingerprints
from graphcascade.data.cascades.waits import long_wait

__all__ = ["Model"]

logger = logging.getLogger(__name__)


class TrainingData(Protocol):
    """What a model remembers of the data that it was trained on: cascades, or a network of retweets."""

    @property
    def user_ids(self) -> npt.NDArray[np.object_]: ...

    @property
    def time_unit(self) -> str | None: ...

    @property
    def split(self) -> Split | None: ...

    @property
    def fingerprints(self) -> Tensor: ...

    @property
    def seen(self) -> Tensor: ...


class Model(Configured, nn.Module, ABC):
    """Base class of all models: what a model knows about itself and about its training data.

    Its :attr:`config` has the arguments of its constructor, from which saved models are made again.
    """

    unsaved: ClassVar[tuple[str, ...]] = ("progress",)
    user_ids: npt.NDArray[np.object_] | None = None
    """Ids of the users, ``[num_users]`` strings, from the training data."""
    time_unit: str | None = None
    """Unit of the training times, if known."""
    long_wait: float | None = None
    """Wait that is longer than 90 % of those between two events of the training cascades, in ``time_unit``."""
    split: Split | None = None
    """The part of a split that the model was trained on, if any."""
    training_fingerprints: Tensor | None = None
    """Fingerprints of the training cascades, see :mod:`graphcascade.data.cascades.fingerprints`, or of the training
    retweets; ``[N]``, sorted."""
    notes: dict[str, Any] | None = None
    """Notes that were saved with the model."""
    noted_tensors: dict[str, Tensor] | None = None
    """Tensors that were saved with the model beside its weights."""
    seen: Tensor
    """Users that occur in the training data, ``[num_users]`` bool."""

    @property
    def num_users(self) -> int:
        """Number of users; 0 if only the training data tell it and the model was not trained."""
        return self.seen.numel()

    @property
    def longest_interval(self) -> float:
        """Longest interval between events that the model predicts; infinite if there is no limit or no such model."""
        return math.inf

    @property
    def predicts_intervals(self) -> bool:
        """Whether the model predicts the distribution of the interval between two events."""
        return False

    @property
    def predicts_cascades(self) -> bool:
        """Whether :func:`~graphcascade.evaluation.evaluate_cascades` can test the model."""
        return False

    def remember(self, train: TrainingData, *, continued: bool = False) -> None:
        """Sets what a model keeps of its training data: users, time unit, waits, split, fingerprints.

        Args:
            train: Training data.
            continued: Whether the training continues an earlier one, whose fingerprints are then kept too.
        """
        self.user_ids = train.user_ids
        self.time_unit = train.time_unit
        self.long_wait = long_wait(train) if isinstance(train, CascadeDataset) else None
        self.split = train.split
        self.training_fingerprints = merge_fingerprints(
            self.training_fingerprints if continued else None, train.fingerprints
        )
        self.seen = train.seen

    def require_trained(self) -> None:
        """Raises an error if the model has to be trained before it predicts, and was not.

        A model with weights predicts from random ones before it is trained, which a warning says.

        Raises:
            UsageError: The model was not trained.
        """
        if self.user_ids is None and any(True for _ in self.parameters()):
            logger.warning("%s was not trained, so it predicts from its first, random weights.", type(self).__name__)
