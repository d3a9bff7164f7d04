from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from graphcascade.evaluation import PairedDifference, Result
from graphcascade.html_table import html_table
from graphcascade.models import Model
from graphcascade.number_text import format_number

__all__ = ["ModelComparison"]


@dataclass(frozen=True, eq=False)
class ModelComparison:
    """Models and baselines of a task, tested on the same data under the same protocol.

    Args:
        table: A row for each model, those with the best figures on validation first, with the columns below.
        metric: The figure that models are compared by, such as "MRR".
        lower_is_better: Whether a lower figure is better.
        best: The model with the best figure on validation.
        learned: The learned model with the best figure on validation; ``None`` if there is none.
        baseline: The baseline with the best figure on validation; ``None`` if there is none.
        difference: The test figure of ``learned`` minus that of ``baseline``, with an interval of 95 %; ``None`` if
            there are not both.
        verdict: Which model to use, and whether learning beats the baselines, in plain sentences.
        results: Results on the test data by model, one for each seed.
        models: The trained models, with the first seed and the chosen settings.
        folders: Run folders of these models; empty if the runs are not kept.

    The columns of ``table``:

    - ``model``: Name of the model.
    - ``kind``: "learned" or "baseline".
    - ``settings``: The settings that validation chose, where there were several.
    - ``seeds``: Number of seeds that it was trained with; 1 if nothing about it is random.
    - ``validation``: The figure on the validation data, the mean over the seeds.
    - ``test``: The figure on the test data, the mean over the seeds.
    - ``error``, ``lower``, ``upper``: Standard error of ``test`` and its interval of 95 %, see
      :func:`~graphcascade.evaluation.paired_difference`.
    - ``spread``: Standard deviation of the test figure over the seeds; NaN for a single one.
    - ``left out``: Why the model was not tested, and the other columns are empty.
    """

    table: pd.DataFrame
    metric: str
    lower_is_better: bool
    best: str
    learned: str | None
    baseline: str | None
    difference: PairedDifference | None
    verdict: str
    results: Mapping[str, list[Result]]
    models: Mapping[str, Model]
    folders: Mapping[str, Path] = field(default_factory=dict)

    @property
    def best_model(self) -> Model:
        """The model with the best figure on validation, trained with the first seed."""
        return self.models[self.best]

    def summary(self) -> pd.DataFrame:
        """Returns the models that were tested, in a narrow table."""
        tested = self.table[self.table["left out"].isna()]
        intervals = tested[["lower", "upper"]].to_numpy().tolist()
        return pd.DataFrame(
            {
                "model": tested["model"],
                "settings": tested["settings"],
                "seeds": tested["seeds"].astype(int),
                f"{self.metric}, validation": tested["validation"],
                f"{self.metric}, test": tested["test"],
                "interval of 95 %": [
                    "" if low != low else f"{format_number(low, '.4f')} to {high:.4f}" for low, high in intervals
                ],
                "std over seeds": tested["spread"],
            }
        )

    @property
    def averaged_over(self) -> str:
        """What the figures are averaged over, such as "users"."""
        return " or ".join(
            sorted({each.protocol.averaged_over for results in self.results.values() for each in results})
        )

    @property
    def notes(self) -> list[str]:
        """Sentences that explain the table: its order, the models that were left out, and the verdict."""
        better = "lower" if self.lower_is_better else "higher"
        left_out = self.table[self.table["left out"].notna()].to_dict(orient="records")
        seeds = ", and of the variance over the seeds" if self.table["spread"].notna().any() else ""
        order = f"{better} is better; sorted by validation, which also chose the settings"
        intervals = f"intervals of Student's t over {self.averaged_over}{seeds}"
        return [
            f"{order}; {intervals}",
            *(f"{row['model']} was left out: {row['left out']}" for row in left_out),
            self.verdict,
        ]

    def __str__(self) -> str:
        table = self.summary().to_string(index=False, na_rep="", float_format="{:.4f}".format)
        return "\n".join([table, *self.notes])

    def _repr_html_(self) -> str:
        return html_table(self.summary(), f"Models by {self.metric}", self.notes)

    def to_dict(self) -> dict[str, Any]:
        """Returns the comparison as plain values."""
        records = self.table.to_dict(orient="records")
        return {
            "metric": self.metric,
            "lower_is_better": self.lower_is_better,
            "best": self.best,
            "learned": self.learned,
            "baseline": self.baseline,
            "difference": None if self.difference is None else _plain(vars(self.difference)),
            "verdict": self.verdict,
            "table": [_plain(record) for record in records],
            "results": {name: [result.to_dict() for result in results] for name, results in self.results.items()},
            "folders": {name: str(path) for name, path in self.folders.items()},
        }


def _plain(record: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): None if pd.isna(value) else value for name, value in record.items()}
