from __future__ import annotations

import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch_geometric.data import Data

from graphcascade.analysis import (
    PermutationCheck,
    compare_chance_tests,
    count_links,
    describe_chance,
    edge_report,
    infer_parents,
    link_evidence,
)
from graphcascade.report import (
    InteractiveNetwork,
    PageTable,
    Picture,
    Section,
    can_interact,
    plot_inferred_network,
    plot_network,
)
from graphcascade.report.style import BLUE, GREY, RED
from graphcascade.workflows.sections.part import Part
from graphcascade.workflows.study import Study

__all__ = ["describe_network"]

SHOWN_ROWS = 10
SHOWN_USERS = 60  # in the picture
SHOWN_LINKS = 250
BEYOND, WITHIN = "better than chance", "no better than chance"
FOUND, MISSED, FALSE = "found", "missed*", "false"
COLUMNS = ["who", "infects", "support", "by chance", "transmissions"]


def describe_network(study: Study) -> Part:
    """Returns the section with the inferred network: the links with the most evidence, and the truth if it is known."""
    graph, dataset = study.network, study.dataset
    table = _tabulate(graph, study)
    beyond, used = int(graph["beyond_chance"].sum()), len(study.network_cascades)
    sure = describe_chance(graph, dataset.user_ids)
    text = (
        "A link leads from one user to another whom the first may infect. Its support is the number of cascades in "
        "which the second user comes after the first; by chance, if users were shuffled among the cascades, it would "
        f"be about as high as the column says. {sure} {_describe_permutations(study.permutations)}"
    )
    if used < len(dataset):
        text += f" The network was inferred from the {used:,} smallest of {len(dataset):,} cascades, to save time."
    figures: dict[str, object] = {"links": graph.num_edges, "links better than chance": beyond, "cascades": used}
    if study.permutations is not None:
        figures |= {"permutations": study.permutations.permutations, "p value": study.permutations.p_value}
        text += f" {compare_chance_tests(graph, study.permutations)}"
    content: list[Picture | PageTable | InteractiveNetwork] = [_draw(study, graph, table)]
    content.append(PageTable(table.head(SHOWN_ROWS), "The links with the most evidence"))
    tables = {"links": table}
    finding = sure
    if beyond == 0:
        count = f"{graph.num_edges:,}"
        finding = f"None of the {count} inferred links is better than chance, so do not rely on single links."
    if dataset.true_graph is not None:
        accuracy = _compare_with_truth(study, graph, dataset.true_graph)
        content.append(PageTable(accuracy, "Inferred networks and the true one"))
        tables["network-accuracy"] = accuracy
        figures["accuracy"] = accuracy.to_dict(orient="records")
        own = edge_report(graph, dataset.true_graph)
        finding = (
            f"Of {graph.num_edges:,} inferred links {own.precision:.0%} are right, and {own.recall:.0%} of the "
            f"{dataset.true_graph.num_edges:,} true links were found."
        )
        text += f" {finding}"
    return Part(Section("Who drives whom?", text, content), tables, {"network": figures}, finding)


def _tabulate(graph: Data, study: Study) -> pd.DataFrame:
    first, second = graph["edge_index"].numpy()
    ids = study.dataset.user_ids
    return pd.DataFrame(
        {
            "who": ids[first],
            "infects": ids[second],
            "support": graph["support"].numpy(),
            "by chance": [f"{value:.1f}" for value in graph["by_chance"].tolist()],
            "transmissions": [f"{value:.1f}" for value in graph["transmissions"].tolist()],
            BEYOND: graph["beyond_chance"].numpy(),
        }
    )


def _choose_links(graph: Data) -> Tensor:
    """Chooses the links to draw: those between the users with the most evidence, strongest first."""
    kept = torch.arange(graph.num_edges)
    if int(graph["beyond_chance"].sum()) >= SHOWN_ROWS:
        kept = kept[graph["beyond_chance"]]
    evidence = torch.zeros(int(graph.num_nodes or 0), dtype=torch.float64)
    for end in graph["edge_index"][:, kept]:
        evidence.index_add_(0, end, graph["transmissions"][kept].double())
    users = evidence.argsort(descending=True, stable=True)[:SHOWN_USERS]
    inside = torch.isin(graph["edge_index"][:, kept], users).all(0)
    return kept[inside][:SHOWN_LINKS]


def _draw(study: Study, graph: Data, table: pd.DataFrame) -> Picture | InteractiveNetwork:
    dataset, true = study.dataset, study.dataset.true_graph
    alt = "Inferred network of users"
    if true is not None and dataset.num_users <= SHOWN_USERS:
        caption = "The inferred links compared with the true network of the simulation."
        if can_interact():
            kinds = {FOUND: BLUE, MISSED: GREY, FALSE: RED}
            return InteractiveNetwork(_with_truth(graph, table, true, dataset.user_ids), caption, alt, kinds)
        figure = Figure(figsize=(4.2, 4.6), layout="constrained")
        plot_inferred_network(graph, true, figure.subplots(), dataset.user_ids)
        return Picture(figure, caption, alt)
    chosen = _choose_links(graph)
    users = graph["edge_index"][:, chosen].unique().numel()
    caption = f"All {graph.num_edges:,} links."
    if chosen.numel() < graph.num_edges:
        caption = (
            f"Only the {chosen.numel():,} strongest links among the {users:,} users with the most evidence are drawn; "
            f"links.csv has all {graph.num_edges:,} links."
        )
    caption += " They show who follows whom again and again; common interests can cause this, too."
    if can_interact():
        links = table.iloc[chosen.numpy()]
        links = links[COLUMNS].assign(kind=[BEYOND if value else WITHIN for value in links[BEYOND]])
        return InteractiveNetwork(links, caption, alt, {BEYOND: BLUE, WITHIN: GREY})
    figure = Figure(figsize=(4.2, 4.6), layout="constrained")
    kept = Data(edge_index=graph["edge_index"][:, chosen], num_nodes=graph.num_nodes)
    plot_network(kept, figure.subplots(), dataset.user_ids, title="Inferred network")
    return Picture(figure, caption, alt)


def _with_truth(graph: Data, table: pd.DataFrame, true: Data, ids: object) -> pd.DataFrame:
    """Returns the inferred links and the missed ones, with their kinds."""
    count = int(graph.num_nodes or 0)
    own, wanted = (edges[0] * count + edges[1] for edges in (graph["edge_index"], true["edge_index"]))
    links = table[COLUMNS].assign(kind=[FOUND if right else FALSE for right in torch.isin(own, wanted).tolist()])
    missed = true["edge_index"][:, ~torch.isin(wanted, own)].numpy()
    others = pd.DataFrame({"who": ids[missed[0]], "infects": ids[missed[1]], "kind": MISSED})  # type: ignore[index]
    return pd.concat([links, others.reindex(columns=links.columns, fill_value="")], ignore_index=True)


def _compare_with_truth(study: Study, graph: Data, true: Data) -> pd.DataFrame:
    data = study.network_cascades
    before = link_evidence(count_links(infer_parents(None, data), data), data)
    rows = []
    for name, found in (("Netrate", graph), ("each user infects the next one", before)):
        report = edge_report(found, true)
        rows.append(
            {
                "network": name,
                "links": found.num_edges,
                "precision": report.precision,
                "recall": report.recall,
                "F1": report.f1,
                "AUC": report.auc,
            }
        )
    return pd.DataFrame(rows)


def _describe_permutations(check: PermutationCheck | None) -> str:
    """Says how the network compares with those that are inferred from shuffled cascades."""
    if check is None:
        return (
            "It was not compared with networks that are inferred from shuffled cascades, which takes long for so many "
            "events; 'graphcascade infer-network' does this with --permutations."
        )
    as_good = sum(gain >= check.gain for gain in check.shuffled_gains)
    return (
        f"As a check of the whole network, {check.permutations} networks were inferred from cascades with shuffled "
        f"users: {as_good or 'none'} of them explain{'s' if as_good < 2 else ''} the order of the users as well as "
        f"this one does (the probability of this by chance is {check.p_value:.2g})."
    )
