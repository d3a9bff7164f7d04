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
    from graphcascade.cli.output import note, print_table

    order, *left_out, _ = comparison.notes
    print_table(comparison.summary(), f"Models on {name}", order, fold="settings")
    for reason in left_out:
        note(reason)
