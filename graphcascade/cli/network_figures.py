"""Compares an inferred network with the true one, and draws it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_geometric.data import Data

    from graphcascade.data import CascadeDataset

logger = logging.getLogger(__name__)

__all__ = ["compare_networks", "draw_network"]

MAX_USERS = 60  # in pictures that compare two networks


def compare_networks(graph: Data, true: Data, dataset: CascadeDataset, quiet: bool) -> dict[str, Any]:
    """Returns how an inferred network compares with the true one, and prints it unless ``quiet``.

    Args:
        graph: The inferred network, with the evidence of its links.
        true: The true network.
        dataset: The cascades that the network was inferred from.
        quiet: Print nothing.
    """
    from dataclasses import asdict

    from graphcascade.analysis import count_links, edge_report, infer_parents, link_evidence

    report = edge_report(graph, true)
    counts = count_links(infer_parents(None, dataset), dataset)
    before = edge_report(link_evidence(counts, dataset), true).auc  # links ordered by evidence, as those of the model
    if not quiet:
        print(report)
        print(report.verdict)
        print(f"Without a model, attributing each infection to the event before it gives an AUC of {before:.3f}.")
    if report.auc < before:
        logger.warning(
            "%s: the network agrees less with the true one (AUC %.3f) than links from the event before (AUC %.3f).",
            dataset.name,
            report.auc,
            before,
        )
    return {**asdict(report), "auc of the event before": before}


def draw_network(graph: Data, true: Data | None, dataset: CascadeDataset, path: Path, overwrite: bool) -> Path:
    """Draws an inferred network, beside the true one if that is known and small, and returns the file."""
    from matplotlib.figure import Figure

    from graphcascade.report import plot_inferred_network, plot_network, save_figure

    picture = Figure(figsize=(8, 7), layout="constrained")
    ax = picture.subplots()
    if true is not None and dataset.num_users <= MAX_USERS:
        plot_inferred_network(graph, true, ax, dataset.user_ids)
    else:
        plot_network(graph, ax, dataset.user_ids, title="Inferred network")
    return save_figure(picture, path, overwrite=overwrite)
