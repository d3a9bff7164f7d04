from __future__ import annotations

import io
import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graphcascade.data import Split
from graphcascade.errors import UnknownNameError
from graphcascade.evaluation.evaluation_protocol import EvaluationProtocol
from graphcascade.evaluation.metric_rows import display_name
from graphcascade.html_table import html_table
from graphcascade.io import atomic_path
from graphcascade.number_text import format_number
from graphcascade.plurals import counted_plural

__all__ = ["Result"]


TARGETS = {
    "all": "",
    "seen": ",\nseen users only",
    "unseen": ",\nunseen users only",
    "new": ",\ncascades not in training,\nno tied times",
    "head": ",\nhead sources",
    "tail": ",\ntail sources",
    "new users": ",\nusers not in training",
}


@dataclass(frozen=True, eq=False)
class Result:
    """Figures of a model on test data, with everything needed to interpret them.

    Args:
        model: Name of the model.
        dataset: Name of the data.
        metrics: One row for each figure, with the columns below.
        protocol: The choices that the figures depend on.
        counts: Cascades, predictions, next users not seen in training, cascades that were too long, ...
        split: The part of a split that was tested; ``None`` for other data.
        seed: Seed of the training.
        seconds: How long the evaluation took.
        version: Version of graphcascade.
        unit_values: What differences between models are computed from, see
            :func:`~graphcascade.evaluation.paired_difference`: a row for each cascade, user or other unit that standard
            errors are over. The column ``weight`` is how much it counts in the headline figures, and those named as
            metrics are its own figures, of which the headline figures are the weighted means. ``None`` if the
            evaluation does not keep them. They are not saved.

    The columns of ``metrics``:

    - ``metric``: Name of the metric, such as "MRR", "Hit@10", "Macro-F1", "RMSE".
    - ``answer``: Which prediction is measured, where a model is measured with several. Whole cascades: "sampled", the
      shares of the simulations that infect each user, or "set", the likeliest users. Times: "mean" or "median" of the
      predicted interval. Empty otherwise.
    - ``horizon``: How much of a cascade is measured. Whole cascades: "full", all users after the source, or "early",
      the first ``early_steps`` of the protocol. Empty otherwise.
    - ``targets``: Which predictions count. "all"; "seen" for those whose true user is in the training cascades, and
      "unseen" for the others, where these are ranked; "new" for cascades that do not repeat a training cascade and have
      no tied times; "head" and "tail" for the cascades of head and tail sources; "new users" for the posts of users who
      are not in the training data.
    - ``unit``: What the mean is taken over: "event", where all predictions weigh the same, "cascade", where all
      cascades do, "user", where all users do, or "post", where all posts do.
    - ``value``: The figure.
    - ``error``: Its standard error over cascades, or over users; NaN for a single one.
    - ``headline``: Whether the protocol asks for this group of targets and this unit.
    - ``lower`` and ``upper``: The ends of an interval of the figure. Only results of popularity and of
      the size of cascades have these columns.
    """

    model: str
    dataset: str
    metrics: pd.DataFrame
    protocol: EvaluationProtocol
    counts: dict[str, int]
    split: Split | None
    seed: int | None
    seconds: float
    version: str
    unit_values: pd.DataFrame | None = None

    def __getitem__(self, metric: str) -> float:
        """The headline value of a metric, such as ``result["MRR"]``; the same as ``result.value("MRR")``.

        Raises:
            UnknownNameError: The metric was not measured.
        """
        return self.value(metric)

    def value(
        self,
        metric: str,
        *,
        answer: str | None = None,
        horizon: str | None = None,
        targets: str | None = None,
        unit: str | None = None,
    ) -> float:
        """A figure, such as ``result.value("Macro-F1", answer="set", horizon="early")``.

        What is not given is as in the first headline value of the metric: the full horizon, the mean interval, and
        the simulations' shares, or the set where a model is not simulated.

        Args:
            metric: Name of the metric.
            answer: The column ``answer``.
            horizon: The column ``horizon``.
            targets: The column ``targets``.
            unit: The column ``unit``.

        Raises:
            UnknownNameError: This was not measured.
        """
        return float(self._row(metric, answer=answer, horizon=horizon, targets=targets, unit=unit)["value"])

    def error(
        self,
        metric: str,
        *,
        answer: str | None = None,
        horizon: str | None = None,
        targets: str | None = None,
        unit: str | None = None,
    ) -> float:
        """The standard error of a figure, which is chosen as for :meth:`value`; NaN for a single cascade."""
        return float(self._row(metric, answer=answer, horizon=horizon, targets=targets, unit=unit)["error"])

    def _row(self, metric: str, **columns: str | None) -> pd.Series[Any]:
        rows = self.metrics[self.metrics["metric"] == metric]
        if rows.empty:
            known = ", ".join(self.metrics["metric"].unique())
            raise UnknownNameError(f"{metric!r} was not measured; the metrics are {known}.")
        headline = rows[rows["headline"]].iloc[0]
        selected = rows
        for column, value in columns.items():
            selected = selected[selected[column] == (headline[column] if value is None else value)]
        if selected.empty:
            given = ", ".join(f"{column}={value!r}" for column, value in columns.items() if value is not None)
            known = ", ".join(
                f"{column}={' or '.join(map(repr, rows[column].unique()))}" for column in columns if any(rows[column])
            )
            raise UnknownNameError(f"{metric} with {given} was not measured; it was measured with {known}.")
        return selected.iloc[0]

    def to_dict(self) -> dict[str, Any]:
        """The result as plain Python values, without ``unit_values``."""
        plain = asdict(replace(self, unit_values=None))
        del plain["unit_values"]
        records = self.metrics.to_dict(orient="records")
        plain["metrics"] = [{k: None if v != v else v for k, v in record.items()} for record in records]
        return plain

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the result as JSON.

        Args:
            path: File to write.
            overwrite: Whether to replace a file that exists.

        Raises:
            StorageError: The file exists already; the folder cannot be written to; the disk is full.
        """
        path = Path(path)
        with atomic_path(path, overwrite=overwrite) as temporary:
            temporary.write_text(json.dumps(self.to_dict(), indent=2) + "\n", encoding="utf-8")
        return path

    def __str__(self) -> str:
        frame, headlines = self._tabulate()
        table = Table(title=escape(self._title))
        for name, is_headline in zip(frame.columns, headlines, strict=True):
            side: Literal["left", "right"] = "left" if name == "metric" else "right"
            table.add_column(f"[bold]{name}[/]" if is_headline else name, justify=side)
        for row in frame.itertuples(index=False):
            table.add_row(*[f"[bold]{cell}[/]" if best else cell for cell, best in zip(row, headlines, strict=True)])
        text = io.StringIO()
        Console(file=text, width=max(100, 10 + 18 * (len(headlines) - 1))).print(table)
        return "\n".join([text.getvalue().rstrip(), *self._notes()])

    def _repr_html_(self) -> str:
        return html_table(self._tabulate()[0], self._title, self._notes())

    @property
    def _title(self) -> str:
        return f"{self.model} on {self.dataset}"

    def _tabulate(self) -> tuple[pd.DataFrame, list[bool]]:
        """Returns a row of texts for each metric, and which columns are headline figures."""
        kinds = self.metrics[["unit", "targets", "headline"]].drop_duplicates()
        kinds = kinds.sort_values("headline", ascending=False, kind="stable")
        mean = "" if "lower" in self.metrics else "mean "
        names = [f"{mean}over {kind.unit}s{TARGETS[str(kind.targets)]}" for kind in kinds.itertuples(index=False)]
        cells = []
        for figure, rows in self.metrics.groupby(["metric", "answer", "horizon"], sort=False):
            cells.append([display_name(*map(str, figure))])
            for kind in kinds.itertuples(index=False):
                row = rows[(rows["unit"] == kind.unit) & (rows["targets"] == kind.targets)]
                cells[-1].append("" if row.empty else _format(row.iloc[0]))
        return pd.DataFrame(cells, columns=["metric", *names]), [False, *kinds["headline"].tolist()]

    def _notes(self) -> list[str]:
        """Returns the lines below the table."""
        errors = "± standard error"
        if "lower" in self.metrics:
            confidence = getattr(self.protocol, "confidence", 0.95)
            errors = f"in brackets: intervals of {100 * confidence:g} % from a bootstrap"
        split = f"all {self.protocol.examples}, not a part of a split"
        if self.split is not None:
            split = f"{self.split.part} part, {self.split.method}, seed {self.split.seed}, hash {self.split.digest}"
        counts = [counted_plural(count, name) for name, count in self.counts.items() if count]
        return [
            f"{errors} over {self.protocol.averaged_over}; headline metrics first",
            f"protocol {self.protocol}",
            f"split: {split}",
            ", ".join(counts),
            f"seed {self.seed}, tested in {self.seconds:.1f} s, graphcascade {self.version}",
        ]


def _format(row: pd.Series[Any]) -> str:
    """Returns a figure with its interval, or with its standard error if it has no interval."""
    value, error = row["value"], row["error"]
    if math.isnan(value):
        return "-"
    if math.isnan(error):
        return format_number(value, ".4f")
    shown, *ends = (format_number(row[name], ".4f") for name in ("value", "lower", "upper") if name in row)
    return f"{shown} [{', '.join(ends)}]" if ends else f"{shown} ± {error:.4f}"
