from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphcascade.evaluation import Result
from graphcascade.models import Model
from graphcascade.tasks.comparison import Comparison

__all__ = ["Run", "results_to_dict"]


@dataclass(frozen=True, eq=False)
class Run:
    """A trained and tested model.

    Args:
        model: The model.
        results: Its results on the test data, by name; "result" is that of the task.
        comparison: Results of the baselines.
    """

    model: Model
    results: dict[str, Result]
    comparison: Comparison

    @property
    def result(self) -> Result:
        """The result of the task on the test data."""
        return self.results["result"]

    def to_dict(self) -> dict[str, Any]:
        """Returns the result as plain values, with the other results under their names."""
        return results_to_dict(self.results)


def results_to_dict(results: Mapping[str, Result]) -> dict[str, Any]:
    """Returns the result of a task as plain values, with the other results under their names."""
    others = {name: result.to_dict() for name, result in results.items() if name != "result"}
    return results["result"].to_dict() | others
