from __future__ import annotations

import pandas as pd

from graphcascade.number_text import format_number

__all__ = ["comparison_rows", "left_out_sentence"]


def comparison_rows(tested: pd.DataFrame) -> pd.DataFrame:
    """Returns the rows of a page's table of models.

    Args:
        tested: The rows of :attr:`~graphcascade.tasks.ModelComparison.table` with a test figure.
    """
    intervals = zip(tested["lower"], tested["upper"], strict=True)
    return pd.DataFrame(
        {
            "model": tested["model"],
            "kind": tested["kind"],
            "validation": tested["validation"].map("{:.4f}".format).replace("nan", ""),
            "test": tested["test"].map("{:.4f}".format),
            "95 % interval": [
                "" if lower != lower else f"{format_number(lower, '.4f')} to {upper:.4f}" for lower, upper in intervals
            ],
        }
    )


def left_out_sentence(table: pd.DataFrame) -> str:
    """Returns a sentence, with a space before it, about the models of a comparison that were left out; "" for none."""
    left = table[table["left out"].notna()]
    reasons = [f"{row['model']} ({str(row['left out']).rstrip('.')})" for _, row in left.iterrows()]
    return f" Left out: {'; '.join(reasons)}." if reasons else ""
