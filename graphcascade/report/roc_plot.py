from __future__ import annotations

from collections.abc import Mapping

import torch
from matplotlib.axes import Axes
from torch_geometric.data import Data

from graphcascade.analysis import edge_report, link_scores
from graphcascade.report.style import GREY, style_axes

__all__ = ["plot_roc"]


def plot_roc(
    inferred: Mapping[str, Data], true: Data, ax: Axes, title: str = "ROC curve of the inferred links"
) -> None:
    """Draws the ROC curve of inferred networks: true positive rate against false positive rate of the links.

    Args:
        inferred: Networks by name, with the scores of :func:`~graphcascade.analysis.link_scores`.
        true: The true network, over the same users.
        ax: Axes to draw on.
        title: Title of the picture.
    """
    users = int(true.num_nodes or 0)
    wanted = torch.zeros(users, users, dtype=torch.bool)
    wanted[true["edge_index"][0], true["edge_index"][1]] = True
    proper = ~torch.eye(users, dtype=torch.bool)
    for name, graph in inferred.items():
        own, absent = link_scores(graph)
        scores = torch.full((users, users), absent, dtype=torch.float64)
        scores[graph["edge_index"][0], graph["edge_index"][1]] = own
        score, right = scores[proper], wanted[proper]
        levels, place = score.unique(return_inverse=True)
        good = torch.bincount(place[right], minlength=levels.numel()).flip(0).cumsum(0) / right.sum()
        bad = torch.bincount(place[~right], minlength=levels.numel()).flip(0).cumsum(0) / (~right).sum()
        line = torch.stack([bad, good]).T.tolist()
        auc = edge_report(graph, true).auc
        ax.plot(*zip((0.0, 0.0), *line, strict=True), label=f"{name} (AUC {auc:.2f})")
    ax.plot([0, 1], [0, 1], color=GREY, linestyle="dotted", linewidth=1)
    ax.set_xlabel("false positive rate")
    ax.set_ylabel("true positive rate")
    ax.legend(frameon=False, fontsize=8)
    ax.set_title(title, parse_math=False)
    style_axes(ax)
