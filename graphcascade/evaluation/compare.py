from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from graphcascade.errors import UsageError
from graphcascade.evaluation.metric_rows import display_name
from graphcascade.evaluation.result import Result

__all__ = ["compare_results"]


def compare_results(results: Sequence[Result], metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """Makes a table of the headline metrics of several models.

    Args:
        results: Results on the same data, under the same protocol.
        metrics: Names of metrics, such as "MRR"; by default all.

    Returns:
        A row for each result: ``model``, and a column for each headline metric of these metrics, such as "MRR" or
        "Macro-F1, early, set"; NaN if a model does not have it.

    Raises:
        UsageError: There is no result, or the results were measured on different data or under different protocols.
        UnknownNameError: A metric was not measured for one of the results.
    """
    if not results:
        raise UsageError("there is no result to compare.")
    for result in results:
        first, other = (
            (each.dataset, each.split, each.protocol, each.counts.get("events")) for each in (results[0], result)
        )
        if first != other:
            raise UsageError(
                f"{_describe(result)} was not tested on the same data under the same protocol as "
                f"{_describe(results[0])}, so their figures cannot be compared."
            )
    rows = []
    for result in results:
        row: dict[str, str | float] = {"model": result.model}
        headline = result.metrics[result.metrics["headline"]]
        for name in headline["metric"].unique() if metrics is None else metrics:
            result.value(name)  # raises an error if it was not measured
            for found in headline[headline["metric"] == name].to_dict(orient="records"):
                row[display_name(name, found["answer"], found["horizon"])] = found["value"]
        rows.append(row)
    return pd.DataFrame(rows)


def _describe(result: Result) -> str:
    """Returns the model, the data with their part of a split, and the protocol of a result, for messages."""
    part = "" if result.split is None else f" ({result.split.part}, {result.split.method} split)"
    return f"{result.model} on {result.dataset}{part} under {str(result.protocol).partition(':')[0]!r}"
