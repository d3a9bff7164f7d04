from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from graphcascade.errors import UsageError
from graphcascade.options import FollowGraphOptions

__all__ = ["infer_network"]


def infer_network(
    data: str,
    given_cascade_reading: dict[str, Any],
    model: str = "Netrate",
    model_args: dict[str, Any] | None = None,
    model_class: str | None = None,
    attribution: Literal["alignment", "posterior", "likelihood"] = "alignment",
    share: float = 0.3,
    follow_graph: Path | None = None,
    direction: Literal["followee-follower", "follower-followee"] | None = None,
    min_support: int = 1,
    top: int | None = None,
    permutations: int = 0,
    seed: int = 0,
    truth: Path | None = None,
    link_sep: str | None = None,
    out: Path | None = None,
    plot: Path | None = None,
    quiet: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Infer the network that cascades spread on: who infects whom, from who was infected when.

    Links are listed by their evidence: the gain is the log-likelihood of the cascades with the link minus that without
    it. Beside it are the 95 % interval of the weight, the number of transmissions that the model expects along the
    link, its support (in how many cascades the second user comes after the first) and the support expected by chance
    (if users were shuffled among the cascades).

    Examples:
        graphcascade infer-network my.csv --out network.txt
        graphcascade infer-network my.csv --min-support 3 --top 100 --out network.csv
        graphcascade infer-network my.csv --permutations 20    # how many links appear by chance?
        graphcascade infer-network my.csv --model-args.delays rayleigh --model-args.prune true --plot network.png
        graphcascade infer-network my.csv --model IndependentCascade --follow-graph follows.csv
        graphcascade infer-network my.csv --model runs/my-CYANRNN --out network.graphml

    Args:
        data: A file, or the name of a dataset (see 'graphcascade datasets').
        model: A model that infers networks, such as Netrate, which is fitted to all cascades; or the run folder of a
            model with alignments, such as CYANRNN, whose options of reading the data are then the defaults. A class of
            your own is named package.module:Class.
        model_args: Arguments of the model, such as --model-args.delays rayleigh.
        model_class: Class of the saved model as package.module:Class, if it is not one of the package.
        attribution: How to attribute an infection to earlier events, for models with alignments: before the next user
            is known (alignment), or given the next user, with the attention as prior (posterior) or without it
            (likelihood).
        share: Keep a link u->v if it explains at least this share of the cascades in which v comes after u (models with
            alignments only).
        follow_graph: File of links between the users, with two users per line, for models that learn the weights of
            its links, such as IndependentCascade; some datasets come with a follow graph.
        direction: Order of the two users in a line of the follow graph. If not given, the names of the columns say who
            follows whom; without such names, the followee is first.
        min_support: Keep only links whose second user comes after the first in at least this many cascades.
        top: Keep only this many links, those with the most evidence.
        permutations: Also infer networks from this many shuffled versions of the cascades, to see how many links appear
            by chance; 20 are enough. Each takes as long as the network itself (models that infer networks only).
        seed: Random seed of the shuffles.
        truth: File of the true network, with two users per line in the direction of the information, to test the
            result.
        link_sep: Separator of the columns of the files of --follow-graph and --truth: comma, semicolon, tab, pipe,
            space, or the character itself. If not given, it is found from the first line.
        out: Write the network to this file: .graphml, .gml, .csv or .txt (a plain list of links), with weights and
            support of the links.
        plot: Draw the network to this file (.png, .pdf, .svg).
        quiet: Show no progress bar and no table.
        overwrite: Replace output files that exist already.
        json: Also write the figures to this file (.json).
    """
    from dataclasses import asdict

    from graphcascade.analysis import (
        compare_chance_tests,
        describe_chance,
        link_evidence,
        permutation_check,
        select_links,
    )
    from graphcascade.cli.link_table import describe_weights, strongest_links
    from graphcascade.cli.network_choice import choose_network_model, infer_graph
    from graphcascade.cli.network_figures import compare_networks, draw_network
    from graphcascade.cli.output import note, part_caption, print_table, shown, write_json
    from graphcascade.cli.read_as_trained import read_as_trained
    from graphcascade.io import check_graph_file, write_graph
    from graphcascade.models import DiffusionModel
    from graphcascade.plurals import counted
    from graphcascade.processes import is_first_process
    from graphcascade.tasks.reading import open_data, open_links, with_links

    check_selection(min_support, top, permutations)
    learner = choose_network_model(model, model_args or {}, model_class, attribution, share)
    if permutations and not isinstance(learner, DiffusionModel):
        reason = f"has no effect on {type(learner).__name__}, which would be trained anew for each; leave it out"
        raise UsageError(argument="permutations", value=permutations, reason=reason)
    if follow_graph is not None and not getattr(learner, "uses_follow_graph", False):
        reason = f"has no effect on {type(learner).__name__} (it has on IndependentCascade); leave it out"
        raise UsageError(argument="follow_graph", value=follow_graph, reason=reason)
    dataset, files = read_as_trained(open_data, learner, data, given_cascade_reading)
    if follow_graph is not None:
        options = FollowGraphOptions(
            follow_graph=follow_graph,
            direction=direction,
            unknown_users="drop",
            link_sep=link_sep,
            link_encoding=files.encoding,
        )
        dataset = with_links(options, dataset)
    if out is not None:
        check_graph_file(out, dataset.user_ids)
    true = dataset.true_graph
    if truth is not None:
        how: dict[str, Any] = {
            "sep": link_sep,
            "encoding": files.encoding,
            "on_error": files.on_error,
        }
        true, _ = open_links(truth, dataset, unknown="drop", **how)
    graph = infer_graph(learner, dataset, attribution, share, progress=not quiet)
    graph = link_evidence(graph, dataset, learner if isinstance(learner, DiffusionModel) else None)
    inferred = graph.num_edges
    graph = select_links(graph, min_support, top)
    if not graph.num_edges:
        raise UsageError(
            argument="min_support", value=min_support, reason=f"leaves none of {counted(inferred, 'link')}; lower it"
        )
    beyond = int(graph["beyond_chance"].sum())
    figures: dict[str, Any] = {
        "links": graph.num_edges,
        "users": dataset.num_users,
        "links better than chance": beyond,
    }
    conclusion = ""
    if permutations:
        assert isinstance(learner, DiffusionModel)
        check = permutation_check(learner, dataset, permutations, seed=seed, progress=not quiet)
        figures |= {**asdict(check), "p value": check.p_value, "better than chance": check.better_than_chance}
        conclusion = compare_chance_tests(graph, check)
        figures["conclusion"] = conclusion
        if not quiet:
            print(check)
    if not quiet:
        print(shown(describe_chance(graph, dataset.user_ids)))
        if conclusion:
            print(conclusion)
        strongest = strongest_links(graph, dataset.user_ids)
        caption = part_caption(len(strongest), graph.num_edges, "link", "by gain", out)
        caption = ", ".join(filter(None, [caption, describe_weights(graph)]))
        print_table(strongest, f"Strongest links of {dataset.name}", caption, fold="infects")
    if true is not None:
        figures |= compare_networks(graph, true, dataset, quiet)
    write_json(json, figures, overwrite=overwrite)
    if not is_first_process():
        return
    if out is not None:
        write_graph(graph, dataset.user_ids, out, overwrite=overwrite)
        note(f"wrote {out}: {counted(graph.num_edges, 'link')}")
    if plot is not None:
        note(f"wrote {draw_network(graph, true, dataset, plot, overwrite)}")


def check_selection(min_support: int, top: int | None, permutations: int) -> None:
    """Raises an error, before the data are read, if a number is out of range."""
    if min_support < 0:
        raise UsageError(argument="min_support", value=min_support, reason="must be 0 or more")
    if top is not None and top < 1:
        raise UsageError(argument="top", value=top, reason="must be 1 or more")
    if permutations < 0:
        raise UsageError(argument="permutations", value=permutations, reason="must be 0 or more")
