from __future__ import annotations

import io
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graphcascade.data import Split
from graphcascade.errors import UnknownNameError
from graphcascade.evaluation.next_user_protocol import NextUserProtocol
from graphcascade.evaluation.rollout_protocol import RolloutProtocol
from graphcascade.evaluation.time_protocol import TimeProtocol
from graphcascade.io import atomic_path

__all__ = ["Result"]


TARGETS = {
    "all": "",
    "seen": ",\nseen users only",
    "new": ",\ncascades not in training,\nno tied times",
    "head": ",\nhead sources",
    "tail": ",\ntail sources",
}


@dataclass(frozen=True, eq=False)
class Result:
    """Figures of a model on test data, with everything needed to interpret them.

    Args:
        model: Name of the model.
        dataset: Name of the data.
        metrics: One row for each figure: ``metric``, ``average`` ("event" or "cascade"), ``targets`` ("all"; "seen" for
            predictions whose true user is in the training cascades; "new" for cascades that do not repeat a training
            cascade and have no tied times; "head" and "tail" for the cascades of head and tail sources), ``value``,
            ``error`` (standard error over cascades) and ``headline`` (whether it is the protocol's main figure).
        protocol: The choices that the figures depend on.
        counts: Cascades, predictions, true users unseen in training, cascades that were too long, ...
        split: The part of a split that was tested; ``None`` for other data.
        seed: Seed of the training.
        seconds: How long the evaluation took.
        version: Version of graphcascade.
    """

    model: str
    dataset: str
    metrics: pd.DataFrame
    protocol: NextUserProtocol | RolloutProtocol | TimeProtocol
    counts: dict[str, int]
    split: Split | None
    seed: int | None
    seconds: float
    version: str

    def __getitem__(self, metric: str) -> float:
        """The headline figure of a metric, such as ``result["MRR"]``.

        Raises:
            UnknownNameError: The metric was not measured.
        """
        rows = self.metrics[(self.metrics["metric"] == metric) & self.metrics["headline"]]
        if rows.empty:
            known = ", ".join(self.metrics["metric"].unique())
            raise UnknownNameError(f"{metric!r} was not measured; the metrics are {known}.")
        return float(rows["value"].iloc[0])

    def to_dict(self) -> dict[str, Any]:
        """The result as plain Python values."""
        plain = asdict(self)
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
        kinds = self.metrics[["average", "targets", "headline"]].drop_duplicates()
        kinds = kinds.sort_values("headline", ascending=False, kind="stable")
        table = Table(title=escape(f"{self.model} on {self.dataset}"))
        table.add_column("metric")
        for kind in kinds.itertuples(index=False):
            name = f"mean over {kind.average}s{TARGETS[str(kind.targets)]}"
            table.add_column(f"[bold]{name}[/]" if kind.headline else name, justify="right")
        for metric in self.metrics["metric"].unique():
            cells = []
            for kind in kinds.itertuples(index=False):
                row = self.metrics[
                    (self.metrics["metric"] == metric)
                    & (self.metrics["average"] == kind.average)
                    & (self.metrics["targets"] == kind.targets)
                ]
                if row.empty:
                    cells.append("")
                    continue
                value, error = row["value"].iloc[0], row["error"].iloc[0]
                cell = f"{value:.4f}" + ("" if math.isnan(error) else f" ± {error:.4f}")
                cells.append(f"[bold]{cell}[/]" if kind.headline else cell)
            table.add_row(str(metric), *cells)
        split = "all cascades, not a part of a split"
        if self.split is not None:
            split = f"{self.split.part} part, {self.split.method}, seed {self.split.seed}, hash {self.split.digest}"
        counts = [f"{count:,} {name}" for name, count in self.counts.items() if count]
        text = io.StringIO()
        Console(file=text, width=max(100, 10 + 18 * len(kinds))).print(table)
        return (
            f"{text.getvalue().rstrip()}\n± standard error over cascades; the first column has the headline figures"
            f"\nprotocol {self.protocol}\nsplit: {split}\n{', '.join(counts)}"
            f"\nseed {self.seed}, tested in {self.seconds:.1f} s, graphcascade {self.version}"
        )
