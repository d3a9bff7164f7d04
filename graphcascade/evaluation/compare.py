from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from graphcascade.errors import UsageError
from graphcascade.evaluation.result import Result

__all__ = ["compare_results"]


def compare_results(results: Sequence[Result], metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """Makes a table of the headline figures of several models.

    Args:
        results: Results on the same data, under the same protocol.
        metrics: Names of the metrics; by default all headline figures of all results.

    Returns:
        A row for each result: ``model``, and a column for each metric; NaN if a model does not have it.

    Raises:
        UsageError: There is no result, or the results were measured on different data or under different protocols.
        UnknownNameError: A metric was not measured.
    """
    if not results:
        raise UsageError("there is no result to compare.")
    for result in results:
        first, other = (
            (each.dataset, each.split, each.protocol, each.counts.get("events")) for each in (results[0], result)
        )
        if first != other:
            raise UsageError(
                f"{result.model} on {result.dataset} was not tested on the same cascades under the same protocol as "
                f"{results[0].model} on {results[0].dataset}, so their figures cannot be compared."
            )
    if metrics is not None:
        return pd.DataFrame([{"model": each.model, **{name: each[name] for name in metrics}} for each in results])
    rows = []
    for result in results:
        headline = result.metrics[result.metrics["headline"]]
        rows.append({"model": result.model, **dict(zip(headline["metric"], headline["value"], strict=True))})
    return pd.DataFrame(rows)
