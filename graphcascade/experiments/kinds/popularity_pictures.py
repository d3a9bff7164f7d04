from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.experiments.kind import Details
from graphcascade.report import plot_heat_map, plot_post_attention

__all__ = ["draw_attention", "draw_ratios"]


def draw_ratios(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws the MAE of each pair of residual ratios (DSN paper, Fig. 3)."""
    errors = figures[figures["metric"] == "MAE"].set_index("row")["measured"]
    ratios = {row: entry["arguments"] for row, entry in details.items()}
    cells = pd.Series(
        errors.to_numpy(),
        index=pd.MultiIndex.from_tuples(
            [(ratios[row].get("image_ratio", 0.2), ratios[row].get("text_ratio", 0.6)) for row in errors.index],
            names=["image_ratio", "text_ratio"],
        ),
    )
    figure = Figure(figsize=(5.4, 4.6), layout="constrained")
    plot_heat_map(cells.unstack(), figure.subplots(), "residual ratio of texts", "residual ratio of images", "MAE")
    figure.suptitle(title, fontsize=11)
    return figure


def draw_attention(figures: pd.DataFrame, title: str, details: Details) -> Figure:
    """Draws the weights of the posts before a test post, for each row that weighs posts (DSN paper, Fig. 4)."""
    examples = {row: entry["example"] for row, entry in details.items() if entry.get("example")}
    figure = Figure(figsize=(11, 4.2 * max(len(examples), 1)), layout="constrained")
    axes = figure.subplots(max(len(examples), 1), 1, squeeze=False)
    for ax, (row, example) in zip(axes.flat, examples.items(), strict=False):
        plot_post_attention(example, ax, row)
    if not examples:
        axes[0, 0].set_axis_off()
    figure.suptitle(title, fontsize=11)
    return figure
