from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

from graphcascade.options.cascade_read_options import CascadeReadOptions

__all__ = ["rank_users"]

NUM_SHOWN = 20  # users in the table and in the picture


def rank_users(
    network: Path,
    cascade_options: CascadeReadOptions,
    data: str | None = None,
    model: Literal["independent_cascade", "linear_threshold", "continuous_time"] | None = None,
    delays: Literal["exponential", "rayleigh", "power_law"] | None = None,
    horizon: float | None = None,
    relative_error: float = 0.05,
    damping: float = 0.85,
    seed: int = 0,
    link_sep: str | None = None,
    out: Path | None = None,
    plot: Path | None = None,
    quiet: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Rank the users of a network by how many others a cascade is expected to reach that starts with them.

    The reach of a user is the expected number of users whom a cascade from there infects, with this user. The
    out-strength is the sum of the weights of the user's links to others. PageRank is computed on the reversed network,
    where each link leads from the user who is influenced to the one who influences.

    Examples:
        graphcascade rank-users network.txt
        graphcascade rank-users network.txt --data my.csv --out users.csv
        graphcascade rank-users links.txt --model linear_threshold --plot users.png

    Args:
        network: File of the network: written by infer-network, or with one link 'from to weight' per line, or GraphML.
        data: File of cascades, or the name of a dataset, to count in how many cascades each user appears, and how many
            the user started.
        model: Meaning of the weights: the probability that an infected user infects the other one
            (independent_cascade); the share of influence of a neighbour, where users are infected above a random
            threshold (linear_threshold); or a rate of random delays (continuous_time). If not given, the model of the
            delays in the file, or independent_cascade.
        delays: Distribution of the delays in continuous time. If not given, that of the file, or exponential.
        horizon: Time at which cascades end, in the unit of --time-unit or else of the network; in the other models,
            number of steps. If not given, that of the file, or no limit in the other models.
        relative_error: Relative standard error of the reach of an average user; the error of users of large reach is
            smaller.
        damping: Probability with which the random walk of PageRank follows a link.
        seed: Random seed.
        link_sep: Separator of the columns of the file of the network: comma, semicolon, tab, pipe, space, or the
            character itself. If not given, it is found from the first line.
        out: Write all users to this file (.csv, .tsv, .jsonl, .parquet, .xlsx).
        plot: Draw the users of largest reach to this file (.png, .pdf, .svg).
        quiet: Show no table.
        overwrite: Replace output files that exist already.
        json: Also write the figures to this file.
    """
    from graphcascade import analysis
    from graphcascade.analysis.diffusion import Diffusion
    from graphcascade.cli.diffusion_network import describe_diffusion, open_diffusion_network
    from graphcascade.cli.output import note, part_caption, print_table, write_json
    from graphcascade.io.endings import TABLES, file_format
    from graphcascade.io.table_files import write_table
    from graphcascade.plurals import counted
    from graphcascade.tasks.reading import open_data

    unit = cascade_options.time_unit
    links, user_ids = open_diffusion_network(network, model, delays, unit, data is not None, link_sep)
    dataset = None if data is None else open_data(data, cascade_options)
    diffusion = Diffusion.from_graph(links, model, delays, horizon)
    frame = analysis.rank_users(
        links, dataset, model, delays, horizon, relative_error, damping, seed, user_ids=user_ids
    )
    if dataset is not None:
        missing = len(set(dataset.user_ids) - set(user_ids))
        if missing:
            note(f"{counted(missing, 'user')} of {dataset.name} {'is' if missing == 1 else 'are'} not in {network}")
    if not quiet:
        own = diffusion.delays if diffusion.kind == "continuous_time" else None
        note(describe_diffusion(diffusion.kind, own, diffusion.horizon, links, horizon))
        shown = frame.head(NUM_SHOWN).rename(
            columns={"standard_error": "±", "out_strength": "out-strength", "pagerank": "PageRank"}
        )
        caption = part_caption(len(shown), len(frame), "user", "by reach", out)
        print_table(shown, f"Users of {network}", caption, fold="user")
    if out is not None:
        write_table(frame, out, file_format(out, TABLES), overwrite=overwrite)
        note(f"wrote {out}: {counted(len(frame), 'user')}")
    if plot is not None:
        from matplotlib.figure import Figure

        from graphcascade.report import plot_reach, save_figure

        picture = Figure(figsize=(7, 1.2 + 0.28 * min(len(frame), NUM_SHOWN)), layout="constrained")
        plot_reach(frame, picture.subplots(), NUM_SHOWN)
        note(f"wrote {save_figure(picture, plot, overwrite=overwrite)}")
    figures = {
        "network": str(network),
        "model": diffusion.kind,
        "delays": diffusion.delays,
        "horizon": diffusion.horizon if math.isfinite(diffusion.horizon) else None,
        "time_unit": links.get("time_unit"),
        "links": links.num_edges,
        "users": frame.to_dict("records"),
    }
    write_json(json, figures, overwrite=overwrite)
