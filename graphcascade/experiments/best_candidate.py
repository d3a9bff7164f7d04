from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from graphcascade.experiments.case import Case
from graphcascade.experiments.choosing_row import ChoosingRow

__all__ = ["fit_best_candidate"]

R = TypeVar("R", bound=ChoosingRow)
M = TypeVar("M")


def fit_best_candidate(
    case: Case[R, Any],
    fit: Callable[[Case[R, Any]], M],
    score: Callable[[M], float],
    score_format: str,
    lower_is_better: bool = False,
) -> tuple[M, str]:
    """Fits the candidates of a row, and returns the best one on the validation part.

    Args:
        case: The row, with its dataset and seed.
        fit: Fits the model of a candidate.
        score: Scores a model on the validation part. The first of equal ones is chosen.
        score_format: How the score of the best one is named, such as ``"AUC {:.3f}"``.
        lower_is_better: Whether a lower score is better, rather than a higher one.

    Returns:
        The model, and a description of what was chosen among how many; empty if there was nothing to choose.
    """
    row = case.row
    candidates = row.candidates()
    models = [fit(replace(case, row=candidate)) for candidate in candidates]
    if len(models) == 1:
        return models[0], ""
    scores = [score(model) for model in models]
    place = (min if lower_is_better else max)(range(len(scores)), key=scores.__getitem__)
    settings = ", ".join(row.describe_candidate(candidates[place]))
    best = score_format.format(scores[place])
    return models[place], f"{settings} (best of {len(models)} on the validation of the same split, {best})"
