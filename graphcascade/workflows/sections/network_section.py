from __future__ import annotations

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.report import PageTable, Picture, Section, plot_network
from graphcascade.workflows.sections.part import Part
from graphcascade.workflows.study import Study

__all__ = ["describe_network"]

SHOWN_ROWS = 10
SHOWN_LINKS = 150  # in the picture


def describe_network(study: Study) -> Part:
    """Returns the section with the inferred network: the links with the most evidence, as a picture and a table."""
    graph, dataset = study.network, study.dataset
    order = strongest_first(graph)
    table = _table(graph, order, study)
    beyond = int(graph["beyond_chance"].sum())
    used = len(study.network_cascades)
    text = (
        "A link from one user to another means that the first may infect the second. The support is the number of "
        "cascades in which the second user comes after the first; by chance, if users were shuffled among the "
        f"cascades, it would be about as high as the next column says. {_sure(beyond, graph.num_edges)}"
    )
    if used < len(dataset):
        text += f" The network was inferred from the {used:,} smallest of {len(dataset):,} cascades, to save time."
    shown = order[:SHOWN_LINKS]
    kept = Data(edge_index=graph["edge_index"][:, shown], num_nodes=graph.num_nodes)
    figure = Figure(figsize=(6.5, 5.5), layout="constrained")
    plot_network(kept, figure.subplots(), dataset.user_ids, title="Inferred network")
    note = (
        f"The {shown.numel():,} links with the most evidence, of {graph.num_edges:,}."
        if shown.numel() < graph.num_edges
        else f"All {graph.num_edges:,} links."
    )
    content: list[Picture | PageTable] = [
        Picture(figure, note, "Inferred network of users"),
        PageTable(table.head(SHOWN_ROWS), "The links with the most evidence"),
    ]
    return Part(
        Section("Who drives whom?", text, content),
        {"links": table},
        {"network": {"links": graph.num_edges, "links better than chance": beyond, "cascades": used}},
        _sure(beyond, graph.num_edges),
    )


def strongest_first(graph: Data) -> Tensor:
    """Orders links: those better than chance first, then by support above chance, then by expected transmissions."""
    excess = (graph["support"] - graph["by_chance"]) / graph["by_chance"].clamp(min=1.0).sqrt()
    order = graph["transmissions"].argsort(descending=True, stable=True)
    order = order[excess[order].argsort(descending=True, stable=True)]
    result: Tensor = order[graph["beyond_chance"][order].long().argsort(descending=True, stable=True)]
    return result


def _table(graph: Data, order: Tensor, study: Study) -> pd.DataFrame:
    first, second = graph["edge_index"][:, order].numpy()
    ids = study.dataset.user_ids
    return pd.DataFrame(
        {
            "who": ids[first],
            "infects": ids[second],
            "support": graph["support"][order].numpy(),
            "by chance": graph["by_chance"][order].round(decimals=2).numpy(),
            "expected transmissions": graph["transmissions"][order].to(torch.float64).round(decimals=2).numpy(),
            "better than chance": graph["beyond_chance"][order].numpy(),
        }
    )


def _sure(beyond: int, links: int) -> str:
    if beyond == 0:
        return (
            f"None of the {links:,} links is better than chance, so do not rely on single links: pairs of users follow "
            "each other about as often as if users were shuffled among the cascades."
        )
    return (
        f"{beyond:,} of {links:,} links are better than chance (about 5 % of these are false discoveries): their users "
        "occur together in this order in more cascades than if users were shuffled."
    )
