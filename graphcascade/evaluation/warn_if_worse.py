from __future__ import annotations

import logging
import math
from collections.abc import Sequence

from graphcascade.evaluation.compare import compare_results
from graphcascade.evaluation.result import Result
from graphcascade.plurals import counted_plural

__all__ = ["warn_if_worse"]

logger = logging.getLogger(__name__)

ADVICE = (
    "Try a larger learning_rate, more max_epochs or embedding=SourceFusion(...) with fusion='sum'; or use the baseline "
    "itself."
)


def warn_if_worse(
    result: Result,
    baselines: Sequence[Result],
    advice: str = ADVICE,
    metric: str = "MRR",
    examples: str = "cascades",
    lower_is_better: bool = False,
    part: str = "validation",
) -> str | None:
    """Logs a warning if a baseline has a higher mean reciprocal rank, or another better figure, than a trained model.

    A difference within the larger of the two standard errors does not count.

    Compare on the validation data, so that changes made because of the warning do not depend on the test data.

    Args:
        result: Result of the trained model, usually on the validation data.
        baselines: Results of baselines on the same data, under the same protocol.
        advice: Last sentence of the warning: what to try. By default it names the arguments of
            :class:`~graphcascade.trainers.NextUserTrainer`.
        metric: The figure to compare.
        examples: What the data consist of, such as "retweets".
        lower_is_better: Whether a lower figure is better, rather than a higher one.
        part: The part of the split that was tested, for the message.

    Returns:
        The warning, or ``None`` if no baseline is better.

    Raises:
        UsageError: The results were measured on different data or under different protocols.
    """
    compare_results([result, *baselines], [metric])
    sign = -1 if lower_is_better else 1
    better = [each for each in baselines if _is_better(each, result, metric, sign)]
    better.sort(key=lambda each: -sign * each[metric])
    if not better:
        return None
    *others, last = [f"{each.model} ({each[metric]:.4f})" for each in better]
    figures = f"{', '.join(others)} and {last}" if others else last
    noun = next((noun for noun in ("posts", "users", "cascades") if noun in result.counts), None)
    size = ""
    if noun is not None:
        count = result.counts[noun]
        size = f"; there {'is' if count == 1 else 'are'} {counted_plural(count, f'{part} {noun}')}"
    warning = (
        f"{result.model} predicts the {part} {examples} worse than counting: its {metric} is "
        f"{result[metric]:.4f}, {'above' if lower_is_better else 'below'} {figures}{size}. {advice}"
    )
    logger.warning("%s", warning)
    return warning


def _is_better(baseline: Result, result: Result, metric: str, sign: int) -> bool:
    """Whether the figure of the baseline is higher, or with the sign -1 lower, by more than the standard errors."""
    errors = [each.error(metric) for each in (baseline, result)]
    known = [error for error in errors if not math.isnan(error)]  # a single cascade has no standard error
    return sign * (baseline[metric] - result[metric]) > max(known, default=0.0)
