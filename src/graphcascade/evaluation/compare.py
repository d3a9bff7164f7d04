from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from graphcascade.errors import UsageError
from graphcascade.evaluation.result import Result

__all__ = ["compare_results"]


def compare_results(results: Sequence[Result], metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """Headline figures of several models side by side.

    Args:
        results: Results on the same data, under the same protocol.
        metrics: Which figures; all that the first result has, if not given.

    Returns:
        A row for each result: ``model``, and a column for each metric.

    Raises:
        UsageError: No result; results on other data or under another protocol, which cannot be compared.
        UnknownNameError: A metric that was not measured.
    """
    if not results:
        raise UsageError("there is no result to compare.")
    for one in results:
        if (one.dataset, one.split, one.protocol) != (results[0].dataset, results[0].split, results[0].protocol):
            raise UsageError(
                f"{one.model} on {one.dataset} was not tested on the same cascades under the same protocol as "
                f"{results[0].model} on {results[0].dataset}, so their figures cannot be compared."
            )
    headline = results[0].metrics[results[0].metrics["headline"]]
    names = list(dict.fromkeys(headline["metric"])) if metrics is None else list(metrics)
    return pd.DataFrame([{"model": one.model, **{name: one[name] for name in names}} for one in results])
