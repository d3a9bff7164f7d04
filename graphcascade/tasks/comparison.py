from __future__ import annotations

from dataclasses import dataclass, field

from graphcascade.evaluation import Result

__all__ = ["Comparison"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """A trained model beside the baselines of its task.

    Args:
        test: Results of the baselines on the test data, under the protocol of the model's result.
        validation: Results on the validation data, the model first; empty if the model is a baseline itself, or if the
            task compares on test data only.
        warning: What to try if a baseline is better on the validation data, or else on the test data; ``None`` if none
            is.
        times: Results of baselines that predict times on the test data, for models that predict times, too.
    """

    test: list[Result] = field(default_factory=list)
    validation: list[Result] = field(default_factory=list)
    warning: str | None = None
    times: list[Result] = field(default_factory=list)
