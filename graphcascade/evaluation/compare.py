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
        metrics: Which figures; all headline figures of any result, if not given.

    Returns:
        A row for each result: ``model``, and a column for each metric; NaN where a model has none.

    Raises:
        UsageError: No result; results on other data or under another protocol, which cannot be compared.
        UnknownNameError: A metric that was not measured.
    """
    if not results:
        raise UsageError("there is no result to compare.")
    for one in results:
        same = [(each.dataset, each.split, each.protocol, each.counts.get("events")) for each in (one, results[0])]
        if same[0] != same[1]:
            raise UsageError(
                f"{one.model} on {one.dataset} was not tested on the same cascades under the same protocol as "
                f"{results[0].model} on {results[0].dataset}, so their figures cannot be compared."
            )
    if metrics is not None:
        return pd.DataFrame([{"model": one.model, **{name: one[name] for name in metrics}} for one in results])
    rows = []
    for one in results:
        headline = one.metrics[one.metrics["headline"]]
        rows.append({"model": one.model, **dict(zip(headline["metric"], headline["value"], strict=True))})
    return pd.DataFrame(rows)
