"""Prints the table of a comparison of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphcascade.tasks import ModelComparison

__all__ = ["print_comparison"]


def print_comparison(comparison: ModelComparison, name: str) -> None:
    """Prints the table of a comparison, and why models were left out.

    Args:
        comparison: The comparison.
        name: Name of the data.
    """
    import pandas as pd

    from graphcascade.cli.output import note, print_table

    tested = comparison.table[comparison.table["left out"].isna()]
    shown = pd.DataFrame(
        {
            "model": tested["model"],
            "settings": tested["settings"],
            "seeds": tested["seeds"].astype(int),
            f"{comparison.metric}, validation": tested["validation"],
            f"{comparison.metric}, test": tested["test"],
            "interval of 95 %": [
                "" if lower != lower else f"{lower:.4f} to {upper:.4f}"
                for lower, upper in tested[["lower", "upper"]].to_numpy().tolist()
            ],
            "std over seeds": tested["spread"],
        }
    )
    better = "lower" if comparison.lower_is_better else "higher"
    caption = f"{better} is better; sorted by validation, which also chose the settings"
    print_table(shown, f"Models on {name}", caption, fold="settings")
    for row in comparison.table[comparison.table["left out"].notna()].to_dict(orient="records"):
        note(f"{row['model']} was left out: {row['left out']}")
