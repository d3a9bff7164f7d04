from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from graphcascade.errors import UsageError
from graphcascade.options.cascade_read_options import TimeUnit

__all__ = ["simulate"]

# The options that set arguments of another name.
RENAMED = {
    "links.sep": "link_sep",
    "num_cascades": "cascades",
    "network_seed": "seed",
    "num_users": "users",
    "num_tweets": "tweets",
    "photographs": "images",
}

CASCADES = 1000
MIN_SIZE = 2  # of cascades whose source is drawn
HORIZON = 100.0  # if neither the user nor the file of the network gives it


def simulate(
    out: Path,
    network: Literal["core-periphery", "random"] = "core-periphery",
    graph: Path | None = None,
    link_sep: str | None = None,
    model: Literal["independent_cascade", "linear_threshold", "continuous_time"] | None = None,
    normalize: bool = False,
    delays: Literal["exponential", "rayleigh", "power_law", "discrete"] | None = None,
    cascades: int = CASCADES,
    horizon: float | None = None,
    time_unit: TimeUnit | None = None,
    source: str | None = None,
    min_size: int | None = None,
    max_size: int | None = None,
    seed: int = 0,
    write_graph: Path | None = None,
    plot: Path | None = None,
    retweets: Literal["social", "no_social"] | None = None,
    users: int | None = None,
    tweets: int | None = None,
    posts: Literal["claims", "realistic"] | None = None,
    num_posts: int | None = None,
    placebo: bool = False,
    images: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Simulate cascades on a network and write them to a file, or retweets or posts and write them to a folder.

    Examples:
        graphcascade simulate out.csv --cascades 5000 --plot out.png
        graphcascade simulate out.csv --graph links.txt --delays discrete
        graphcascade simulate out.csv --graph links.txt --model linear_threshold --normalize
        graphcascade infer-network my.csv --out network.graphml
        graphcascade simulate out.csv --graph network.graphml
        graphcascade simulate out.csv --graph network.graphml --source anna,bob
        graphcascade simulate my-tweets --retweets social --users 1000 --tweets 700 --images
        graphcascade simulate my-posts --posts claims --num-posts 20000

    Args:
        out: File to write; its ending gives the format: .csv, .tsv, .parquet, .jsonl, .xlsx, or .txt. With --retweets,
            a folder for the tables users, follows, tweets and retweets. With --posts, a folder for files of the same
            form as those of the SMPD dataset.
        network: Kind of stochastic Kronecker network, with 32 users as in the CYAN-RNN paper.
        graph: File of your own network: written by infer-network, or with one link 'from to weight' per line. The
            weight is what --model says.
        link_sep: Separator of the columns of the file of --graph: comma, semicolon, tab, pipe, space, or the character
            itself. If not given, it is found from the first line.
        model: Meaning of the weights: the probability that an infected user infects the other one
            (independent_cascade); the share of influence of a neighbour, where users are infected when the shares of
            their infected neighbours reach a random threshold (linear_threshold); or a rate of random delays
            (continuous_time). If not given, the model of the delays.
        normalize: With --model linear_threshold, divide the weights of the links to a user by their sum if it is above
            1. Without this option, such weights are an error.
        delays: Distribution of the delay from one user to the next; "discrete" is one step, as in --model
            independent_cascade. If not given, that of the file of the network, or exponential.
        cascades: Number of cascades to write.
        horizon: Infections after this time, or number of steps, are left out. If not given, that of the file of the
            network, or 100.
        time_unit: Unit of the horizon and of the written times, to which rates are converted. If not given, the unit
            of the network.
        source: Users of the network of --graph with whom every cascade starts, all of them together, separated by
            commas; the option can be repeated. If not given, each cascade starts with one user, drawn at random.
        min_size: Cascades of fewer users are dropped, counted and replaced. If not given, 2, or 1 with --source, so
            that the mean size is the expected spread of the sources.
        max_size: Cut cascades to this many users.
        seed: Seed of the network and of the cascades, retweets or posts.
        write_graph: Also write the network to this file, with one link 'from to weight' per line.
        plot: Also draw the cascades to this file (.png, .pdf, .svg).
        retweets: Instead of cascades, simulate users who retweet what suits their taste and that of their followees
            (social), or their own taste alone (no_social). The default size is that of the AMNL paper's crawl.
        users: Number of users of the network of retweets, or number of users that the posts are drawn from.
        tweets: Number of its tweets.
        posts: Instead of cascades, simulate posts with a hierarchy of categories, texts and popularity. With "claims",
            methods differ clearly; with "realistic", there is more noise and most methods are equally good.
        num_posts: Number of posts; 120,000 if not given.
        placebo: Exchange the parents of the categories of posts at random after the labels are drawn.
        images: Also write an image file for each tweet or post. Those of posts show the post's vector; those of tweets
            are views of the photographs that scikit-image ships: pip install
            'graphcascade[simulate]'.
        overwrite: Replace output files that exist already.
        json: Also write the figures to this file (.json).
    """
    from graphcascade.cli.output import note, print_description, save_cascades, save_graph, write_json
    from graphcascade.simulate import cyan_cascades

    cascade_options = {
        "network": None if network == "core-periphery" else network,
        "graph": graph,
        "link_sep": link_sep,
        "model": model,
        "normalize": normalize or None,
        "delays": delays,
        "cascades": None if cascades == CASCADES else cascades,
        "horizon": horizon,
        "time_unit": time_unit,
        "source": source,
        "min_size": min_size,
        "max_size": max_size,
        "write_graph": write_graph,
    }
    if retweets is not None and posts is not None:
        raise UsageError(argument="posts", value=posts, reason="has no effect with --retweets; leave one of them out")
    if posts is not None:
        from graphcascade.cli.simulate_posts_folder import simulate_posts_folder

        reject_options_without_effect("with --posts", {**cascade_options, "tweets": tweets, "plot": plot})
        simulate_posts_folder(out, posts, num_posts, users, placebo, seed, images, overwrite, json)
        return
    reject_options_without_effect("without --posts", {"num_posts": num_posts, "placebo": placebo or None})
    if retweets is not None:
        from graphcascade.cli.simulate_folder import simulate_folder

        reject_options_without_effect("with --retweets", cascade_options)
        simulate_folder(out, retweets, users, tweets, seed, images, plot, overwrite, json)
        return
    reject_options_without_effect("without --retweets", {"tweets": tweets})
    reject_options_without_effect("without --retweets or --posts", {"users": users, "images": images or None})
    if model != "linear_threshold":
        reject_options_without_effect("without --model linear_threshold", {"normalize": normalize or None})
    if graph is None:
        reject_options_without_effect("without --graph", {"link_sep": link_sep})
    if horizon is not None and not horizon > 0:
        raise UsageError(argument="horizon", value=horizon, reason="must be above 0")
    smallest = (MIN_SIZE if source is None else 1) if min_size is None else min_size
    sizes: dict[str, Any] = {"min_size": smallest, "max_size": max_size}
    if graph is not None:
        dataset = simulate_on(
            graph, link_sep, cascades, model, delays, horizon, time_unit, source, seed, normalize=normalize, **sizes
        )
    elif source is not None:
        raise UsageError(
            argument="source",
            value=source,
            reason="is for a network of your own; leave it out, or give a network, such as",
            remedy=("graph", "links.txt"),
        )
    elif time_unit is not None:
        raise UsageError(
            argument="time_unit",
            value=time_unit,
            reason="is for a network of your own; leave it out, or give a network, such as",
            remedy=("graph", "links.txt"),
        )
    elif model in ("independent_cascade", "linear_threshold"):
        raise UsageError(
            argument="model",
            value=model,
            reason="needs a network with weights of this kind; give one, such as",
            remedy=("graph", "links.txt"),
        )
    elif delays in (None, "exponential", "rayleigh"):
        dataset = cyan_cascades(
            network,
            "exponential" if delays is None else delays,
            num_cascades=cascades,
            horizon=HORIZON if horizon is None else horizon,
            network_seed=seed,
            seed=seed,
            **sizes,
        )
    else:
        raise UsageError(
            argument="delays",
            value=delays,
            reason="needs a network with weights; give one, such as",
            remedy=("graph", "links.txt"),
        )
    save_cascades(dataset, out, write_graph, overwrite)
    print_description(dataset.describe())
    note(f"wrote {out}")
    save_graph(dataset, write_graph, overwrite)
    if plot is not None:
        from graphcascade.report import draw_dataset, save_figure  # takes long to import, with matplotlib

        note(f"wrote {save_figure(draw_dataset(dataset), plot, overwrite=overwrite)}")
    write_json(json, dataset.describe().to_dict(), overwrite=overwrite)


def simulate_on(
    graph: Path,
    sep: str | None,
    num_cascades: int,
    model: Any,
    delays: Any,
    horizon: float | None,
    time_unit: TimeUnit | None,
    source: str | None,
    seed: int,
    **settings: Any,
) -> Any:
    """Simulates cascades on the network of a file, and prints the horizon and the delays.

    Args:
        graph: File of the network.
        sep: Separator of its columns; found from its first line if ``None``.
        num_cascades: Number of cascades.
        model: Meaning of the weights; that of the delays if not given.
        delays: Distribution of the delays; that of the file if not given.
        horizon: End of the simulation; that of the file, or 100, if not given.
        time_unit: Unit of the horizon; that of the network if not given.
        source: Users with whom each cascade starts, separated by commas.
        seed: Seed of the cascades.
        settings: Other arguments of :func:`~graphcascade.simulate.simulate_cascades`.

    Raises:
        GraphCascadeError: The file cannot be read, cascades cannot be simulated with its weights, or a source is not
            one of its users.
    """
    import torch

    from graphcascade.cli.network_file import check_probabilities, find_users, open_network
    from graphcascade.cli.output import note, shown
    from graphcascade.plurals import counted
    from graphcascade.simulate import simulate_cascades, with_time_unit
    from graphcascade.simulate.diffusion_kind import choose_diffusion

    links, user_ids = open_network(graph, "graph", rates=model != "linear_threshold", sep=sep)
    sources = None
    if source is not None:
        chosen = find_users(source, user_ids, "source", graph)
        sources = torch.tensor(chosen).expand(num_cascades, -1)
    kind, delays = choose_diffusion(links, model, delays, "exponential")
    threshold = kind == "linear_threshold"
    if time_unit is not None:
        if threshold:
            reason = "has no effect on a model whose times are steps; leave it out"
            raise UsageError(argument="time_unit", value=time_unit, reason=reason)
        links = with_time_unit(links, time_unit, delays)
    if delays == "discrete":
        check_probabilities(links, user_ids, graph)
    known = horizon is None and "horizon" in links and not threshold
    given, horizon = horizon, HORIZON if horizon is None and not known else horizon
    dataset = simulate_cascades(
        links, num_cascades, delays, horizon, sources, seed=seed, user_ids=user_ids, model=kind, **settings
    )
    table = dataset.table
    unit = ", in the unit of the weights" if table.time_unit is None else f" {table.time_unit}"
    origin = f"from {graph}" if known else "the default" if given is None else "--horizon"
    end = shown(table.horizon)
    note(
        f"at most {end} steps ({origin}), linear thresholds"
        if threshold
        else f"horizon {end}{unit} ({origin}), {delays} delays"
    )
    if sources is not None:
        size = table.size.double()
        error = float(size.std()) / len(size) ** 0.5 if len(size) > 1 else float("nan")
        note(f"mean size {float(size.mean()):,.2f} ± {error:.2g} with {counted(sources.size(1), 'source')} a cascade")
    return dataset


def reject_options_without_effect(case: str, options: Mapping[str, Any]) -> None:
    """Raises an error if an option is given that has no effect.

    Args:
        case: When the options have none, such as "with --retweets".
        options: The options; ``None`` for those that are not given.
    """
    for name, value in options.items():
        if value is not None:
            raise UsageError(argument=name, value=value, reason=f"has no effect {case}; leave it out")
