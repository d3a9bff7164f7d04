"""Prints the best trials of a search for settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphcascade.tasks import ModelTuning

__all__ = ["print_tuning"]


def print_tuning(tuning: ModelTuning, name: str) -> None:
    """Prints the best trials of a search, and what they improved.

    Args:
        tuning: The search.
        name: Name of the data.
    """
    from graphcascade.cli.output import print_table
    from graphcascade.plurals import counted

    ordered = tuning.table.sort_values("value", ascending=tuning.lower_is_better)
    shown = ordered[ordered["state"] == "complete"].head(5).drop(columns="state")
    counts = ", ".join(f"{count} {state}" for state, count in tuning.table["state"].value_counts().items())
    shown = shown.rename(columns={"value": f"{tuning.metric}, validation"})
    print_table(shown, f"Best trials for {tuning.model} on {name}", f"{counted(len(tuning.table), 'trial')}: {counts}")
    defaults = "; the defaults are not in the search space and were not tried"
    if tuning.default is not None:
        sign = -1 if tuning.lower_is_better else 1
        better = ", which is better, so leave the settings out" if sign * (tuning.default - tuning.value) > 0 else ""
        defaults = f"; that of the defaults is {tuning.default:.4f}{better}"
    print(f"The best {tuning.metric} on the validation data is {tuning.value:.4f}, with {tuning.best}{defaults}.")
