from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from graphcascade.errors import UsageError
from graphcascade.options.read_options import ReadOptions

__all__ = ["infer_network"]


def infer_network(
    data: str,
    read_options: ReadOptions,
    model: str = "Netrate",
    model_args: dict[str, Any] | None = None,
    model_class: str | None = None,
    attribution: Literal["alignment", "posterior", "likelihood"] = "alignment",
    share: float = 0.3,
    truth: Path | None = None,
    out: Path | None = None,
    plot: Path | None = None,
    quiet: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Infer the hidden network: who infects whom, from who was infected when.

    Links are listed by the number of transmissions that the model expects along them, with their support (in how many
    cascades the second user comes after the first) and the support expected by chance (if users were shuffled among
    the cascades).

    Examples:
        graphcascade infer-network my.csv --out network.txt
        graphcascade infer-network my.csv --model-args.delays rayleigh --model-args.prune true --plot network.png
        graphcascade infer-network my.csv --model runs/my-CYANRNN --out network.graphml

    Args:
        data: A file, or the name of a data set (see 'graphcascade datasets').
        model: A model that infers networks, such as Netrate, which is fitted to all cascades; or the run folder of a
            model with alignments, such as CYANRNN. A class of your own is named package.module:Class.
        model_args: Arguments of the model, such as --model-args.delays rayleigh.
        model_class: Class of the saved model as package.module:Class, if it is not one of the package.
        attribution: How to attribute an infection to earlier events, for models with alignments: before the next user
            is known (alignment), or given the next user, with the attention as prior (posterior) or without it
            (likelihood).
        share: For models with alignments: the smallest share of the cascades with both users in order that a link
            must explain.
        truth: File of the true links, with two users per line in the direction of the information, to test the result.
        out: Write the network to this file: .graphml, .csv or .txt (a plain list of links), with weights and support of
            the links.
        plot: Draw the network to this file (.png, .pdf, .svg).
        quiet: Show no progress bar and no table.
        overwrite: Replace output files that exist already.
        json: Also write the figures to this file.
    """
    from dataclasses import asdict

    from matplotlib.figure import Figure

    from graphcascade.analysis import count_links, edge_report, infer_parents, link_evidence
    from graphcascade.analysis import infer_network as infer
    from graphcascade.analysis.infer_network import SHARE
    from graphcascade.cli.link_table import strongest_links
    from graphcascade.cli.model_choice import open_model
    from graphcascade.cli.output import counted, note, print_table, write_json
    from graphcascade.io import check_graph_file, write_graph
    from graphcascade.models import DiffusionModel, NextUserModel, find_model, make_model
    from graphcascade.report import plot_inferred_network, plot_network, save_figure
    from graphcascade.tasks.reading import open_data, open_links

    path = Path(model)
    is_path = path.exists() or (":" not in model and (len(path.parts) > 1 or bool(path.suffix)))
    fitted = open_model(path, "model", model_class=model_class) if is_path else None
    if fitted is None and not issubclass(find_model(model), DiffusionModel):
        raise UsageError(f"--model {model}: train it first with 'graphcascade fit', and name its run folder here.")
    if fitted is not None and model_args:
        raise UsageError(f"--model-args: {model} is trained already; leave them out.")
    if fitted is not None and not isinstance(fitted, NextUserModel | DiffusionModel):
        raise UsageError(f"--model {model}: {type(fitted).__name__} infers no network; use Netrate or a CYANRNN.")
    if not isinstance(fitted, NextUserModel):
        for option, given, default in (("attribution", attribution, "alignment"), ("share", share, SHARE)):
            if given != default:
                raise UsageError(f"--{option} is for models that align events, such as CYANRNN; leave it out.")
    dataset = open_data(data, read_options)
    if out is not None:
        check_graph_file(out, dataset.user_ids)
    true = dataset.true_graph
    if truth is not None:
        true, _ = open_links(truth, dataset, unknown="drop")
    network: DiffusionModel | None = None
    if isinstance(fitted, NextUserModel):
        graph = infer(fitted, dataset, attribution, share)
    else:
        found = fitted if fitted is not None else make_model(model, dataset.num_users, model_args or {})
        assert isinstance(found, DiffusionModel)
        network = found
        network.progress = not quiet
        graph = network.graph if fitted is not None else network.fit(dataset).graph
        if fitted is not None and (network.user_ids is None or network.user_ids.tolist() != dataset.user_ids.tolist()):
            raise UsageError(f"{model} was fitted to other users than those of {data}.")
    graph = link_evidence(graph, dataset, network)
    beyond = int(graph["beyond_chance"].sum())
    figures: dict[str, Any] = {
        "links": graph.num_edges,
        "users": dataset.num_users,
        "links better than chance": beyond,
    }
    if not quiet:
        print_table(
            strongest_links(graph, dataset.user_ids),
            f"Strongest links of {dataset.name}",
            f"of {counted(graph.num_edges, 'link')}, by expected transmissions",
            fold="infects",
        )
        print(_describe_chance(beyond, graph.num_edges))
    if true is not None:
        report = edge_report(graph, true)
        before = edge_report(count_links(infer_parents(None, dataset), dataset), true).auc
        figures |= asdict(report) | {"auc of the event before": before}
        if not quiet:
            print(report)
            print(report.verdict)
            print(f"Without a model, attributing each infection to the event before it gives an AUC of {before:.3f}.")
    write_json(json, figures, overwrite=overwrite)
    if out is not None:
        write_graph(graph, dataset.user_ids, out, overwrite=overwrite)
        note(f"wrote {out}: {counted(graph.num_edges, 'link')}")
    if plot is not None:
        picture = Figure(figsize=(8, 7), layout="constrained")
        ax = picture.subplots()
        if true is not None and dataset.num_users <= 60:
            plot_inferred_network(graph, true, ax, dataset.user_ids)
        else:
            plot_network(graph, ax, dataset.user_ids, title="Inferred network")
        note(f"wrote {save_figure(picture, plot, overwrite=overwrite)}")


def _describe_chance(beyond: int, links: int) -> str:
    """Says how many links are better than chance."""
    from graphcascade.cli.output import counted

    if beyond == 0:
        return (
            "No link is better than chance: if the users were shuffled among the cascades, pairs would follow each "
            "other about as often. Do not rely on single links."
        )
    return (
        f"Better than chance: {beyond:,} of {counted(links, 'link')}. There one user follows the other in more "
        "cascades than if users were shuffled among the cascades (about 5 % of these links are false discoveries)."
    )
