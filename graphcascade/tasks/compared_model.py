from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from graphcascade.errors import DataError, GraphCascadeError, MissingFileError, UsageError
from graphcascade.evaluation import Result
from graphcascade.models import Model
from graphcascade.tasks.candidate import Candidate
from graphcascade.tasks.kept_runs import KeptRuns
from graphcascade.tasks.task import Task

__all__ = ["ComparedModel"]

logger = logging.getLogger(__name__)

UNFIT = (UsageError, DataError, MissingFileError)
"""Errors about models that do not fit the data or the options, or need a package that is not installed."""
NO_TIME = "not trained within the budget"


@dataclass
class ComparedModel:
    """One of the models of :func:`~graphcascade.tasks.compare_models`, while they are trained.

    Args:
        kind: Class of the model.
        is_learned: Whether it is no baseline.
        is_named: Whether the user named it. It is an error if such a model does not fit the data; others are left out.
        varies: Whether the model depends on the seed.
        candidates: Settings that validation chooses from.

    Attributes:
        chosen: The settings with the best validation figure so far.
        validation: Validation figures of these settings, one for each seed.
        results: Test results of these settings, one for each seed.
        model: The model with these settings and the first seed.
        folder: Its run folder, if runs are kept.
        left_out: Why the model is left out; ``None`` if it is not.
    """

    kind: type[Model]
    is_learned: bool
    is_named: bool
    varies: bool
    candidates: tuple[Candidate, ...]
    chosen: Candidate | None = None
    validation: list[float] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    model: Model | None = None
    folder: Path | None = None
    left_out: str | None = None

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.kind.__name__

    @property
    def score(self) -> float:
        """The mean validation figure."""
        return mean(self.validation)

    def check(self, task: Task[Any, Any, Any, Any], options: Any) -> None:
        """Checks the options before the data are read; a model that they do not fit is left out.

        Raises:
            UsageError: The options do not fit a model that was named.
        """
        options = task.without_data_options(options)
        for candidate in self.candidates:
            try:
                task.check(self.kind, candidate.apply(options, task.trains_in_epochs(self.kind)))
            except UNFIT as error:
                self._leave_out(error)

    def make(self, runs: KeptRuns) -> None:
        """Constructs the model with each of its settings, so that errors come before the first training.

        Raises:
            UsageError: A model that was named does not fit the data.
        """
        for candidate in self.candidates:
            try:
                runs.make(self.kind, candidate, 0)
            except UNFIT as error:
                self._leave_out(error)

    def try_candidate(self, runs: KeptRuns, number: int, seed: int, end: float) -> None:
        """Trains the model with some of its settings, and keeps it if its validation figure is the best so far.

        Args:
            runs: Trains.
            number: Number of the settings.
            seed: Seed of the training.
            end: Time, as ``time.monotonic`` returns it, after which nothing is trained.

        Raises:
            UsageError: A model that was named does not fit the data, or its training diverged.
        """
        if self.left_out is not None or number >= len(self.candidates):
            return
        if self._is_late(end):
            self.left_out = NO_TIME if self.chosen is None else None
            return
        candidate = self.candidates[number]
        try:
            model = runs.fit(self.kind, candidate, seed)
            figure = runs.validate(model, candidate, seed)
        except UNFIT as error:
            if self.chosen is None:
                self._leave_out(error)
            else:
                logger.warning("%s with %s is left out: %s", self.name, candidate, error)
            return
        sign = -1 if runs.task.lower_is_better else 1
        if self.chosen is None or sign * (figure - self.validation[0]) > 0:
            self.chosen, self.validation, self.model = candidate, [figure], model
            folder = runs.folder(self.kind, candidate, seed)
            self.folder = None if folder is None else folder.path

    def test(self, runs: KeptRuns, seed: int) -> None:
        """Tests the model with the chosen settings and the first seed."""
        if self.chosen is not None and self.model is not None:
            self.results = [runs.test(self.model, self.chosen, seed)]

    def add_seed(self, runs: KeptRuns, seed: int, end: float) -> None:
        """Trains and tests the model with the chosen settings and another seed, if it depends on the seed."""
        if self.chosen is None or not self.varies or self._is_late(end):
            return
        model = runs.fit(self.kind, self.chosen, seed)
        self.validation.append(runs.validate(model, self.chosen, seed))
        self.results.append(runs.test(model, self.chosen, seed))

    def _is_late(self, end: float) -> bool:
        return self.is_learned and time.monotonic() > end

    def _leave_out(self, error: Exception) -> None:
        if self.is_named:
            raise error
        assert isinstance(error, GraphCascadeError)
        # What follows a semicolon is advice on arguments, which commands write in another way.
        self.left_out = str(error) if error.argument else error.reason.partition("; ")[0].removesuffix(".")
