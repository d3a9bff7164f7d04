from __future__ import annotations

import logging
import math
from collections.abc import Sequence

from graphcascade.evaluation.compare import compare_results
from graphcascade.evaluation.result import Result

__all__ = ["warn_if_worse"]

logger = logging.getLogger(__name__)

ADVICE = (
    "Try a larger learning_rate, more max_epochs or embedding=SourceFusion(...) with fusion='sum'; or use the baseline "
    "itself."
)


def warn_if_worse(result: Result, baselines: Sequence[Result], advice: str = ADVICE) -> str | None:
    """Logs a warning if a counting baseline has a higher mean reciprocal rank than a trained model.

    A difference within the larger of the two standard errors does not count.

    Compare on the validation cascades, so that changes made because of the warning do not depend on the test cascades.

    Args:
        result: Result of the trained model on the validation cascades.
        baselines: Results of baselines on the same cascades, under the same protocol.
        advice: Last sentence of the warning: what to try. By default it names the arguments of
            :class:`~graphcascade.trainers.NextUserTrainer`.

    Returns:
        The warning, or ``None`` if no baseline is better.

    Raises:
        UsageError: The results were measured on different cascades or under different protocols.
    """
    compare_results([result, *baselines], ["MRR"])
    better = sorted((each for each in baselines if _is_better(each, result)), key=lambda each: -each["MRR"])
    if not better:
        return None
    figures = " and ".join(f"{each.model} ({each['MRR']:.4f})" for each in better)
    warning = (
        f"{result.model} predicts the validation cascades worse than counting: its MRR is {result['MRR']:.4f}, below "
        f"{figures}. {advice}"
    )
    logger.warning("%s", warning)
    return warning


def _is_better(baseline: Result, result: Result) -> bool:
    """Whether the mean reciprocal rank of the baseline is higher by more than the standard errors."""
    errors = [each.error("MRR") for each in (baseline, result)]
    known = [error for error in errors if not math.isnan(error)]  # a single cascade has no standard error
    return baseline["MRR"] - result["MRR"] > max(known, default=0.0)
