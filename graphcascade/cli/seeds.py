from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

from graphcascade.cli.simulate import reject_options_without_effect
from graphcascade.options.cascade_read_options import TimeUnit

__all__ = ["seeds"]

# The options that set arguments of another name.
RENAMED = {"graph": "network", "links.sep": "link_sep"}


def seeds(
    network: Path,
    k: int = 10,
    model: Literal["independent_cascade", "linear_threshold", "continuous_time"] | None = None,
    algorithm: Literal["reverse_reachable", "greedy"] = "reverse_reachable",
    delays: Literal["exponential", "rayleigh", "power_law"] | None = None,
    horizon: float | None = None,
    time_unit: TimeUnit | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    simulations: int | None = None,
    seed: int = 0,
    link_sep: str | None = None,
    out: Path | None = None,
    plot: Path | None = None,
    quiet: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Find the users of a network with whom to start, so that a cascade infects as many users as possible.

    The spread is the expected number of users whom a cascade infects that starts at all seed users together, with
    these. Each gain is what a seed adds to the spread of the seeds before it. Users who reach the same others are
    therefore not both chosen, even if each of them alone has a large reach (see rank-users).

    Examples:
        graphcascade seeds network.txt --k 10
        graphcascade seeds links.txt --k 5 --model linear_threshold --plot seeds.png
        graphcascade seeds links.txt --k 5 --model continuous_time --horizon 24 --algorithm greedy
        graphcascade simulate out.csv --graph network.txt --source anna,bob

    Args:
        network: File of the network: written by infer-network, or with one link 'from to weight' per line, or GraphML.
        k: Number of seed users.
        model: Meaning of the weights: the probability that an infected user infects the other one
            (independent_cascade); the share of influence of a neighbour, where users are infected above a random
            threshold (linear_threshold); or a rate of random delays (continuous_time). If not given, the model of the
            delays in the file, or independent_cascade.
        algorithm: Random sets of users who reach a random user (reverse_reachable), for networks of all sizes; or
            simulations for every user (greedy), for networks of up to some thousand users.
        delays: Distribution of the delays in continuous time. If not given, that of the file, or exponential.
        horizon: Time at which cascades end, in the unit of --time-unit or else of the network; in the other models,
            number of steps. If not given, that of the file, or no limit in the other models.
        time_unit: Unit of the horizon, to which the rates of the file are converted. If not given, that of the file.
        epsilon: The seeds reach at least 1 - 1/e - epsilon of the best possible spread (reverse_reachable only). If not
            given, 0.05.
        delta: Probability that this bound does not hold (reverse_reachable only). If not given, 1 / number of users,
            and at most 0.01.
        simulations: Number of simulations of each user (greedy only). If not given, 1000.
        seed: Random seed.
        link_sep: Separator of the columns of the file of the network: comma, semicolon, tab, pipe, space, or the
            character itself. If not given, it is found from the first line.
        out: Also write the seed users to this file (.csv, .tsv, .jsonl, .parquet, .xlsx).
        plot: Draw how the spread grows with the number of seeds to this file (.png, .pdf, .svg).
        quiet: Show no progress bar and no table.
        overwrite: Replace output files that exist already.
        json: Also write the figures to this file.
    """
    from dataclasses import asdict

    from graphcascade.analysis import influence_maximization
    from graphcascade.cli.diffusion_network import describe_diffusion, open_diffusion_network
    from graphcascade.cli.output import note, print_table, write_json
    from graphcascade.cli.seed_set import check_command, describe_spread, draw_seeds
    from graphcascade.io.endings import TABLES, file_format
    from graphcascade.io.table_files import write_table
    from graphcascade.plurals import counted

    if algorithm == "greedy":
        reject_options_without_effect("with --algorithm greedy", {"epsilon": epsilon, "delta": delta})
    else:
        reject_options_without_effect("without --algorithm greedy", {"simulations": simulations})
    links, user_ids = open_diffusion_network(network, model, delays, time_unit, sep=link_sep)
    given: dict[str, Any] = {"epsilon": epsilon, "simulations": simulations}
    given = {name: value for name, value in given.items() if value is not None}
    found = influence_maximization(
        links, k, model, algorithm, delays, horizon, delta=delta, seed=seed, progress=not quiet, **given
    )
    table = found.to_frame(user_ids)
    table.insert(0, "seed", range(1, k + 1))
    if not quiet:
        note(describe_diffusion(found.model, found.delays, found.horizon, links, horizon))
        print_table(table, f"Seed users of {network}", fold="user")
        print(describe_spread(found, len(user_ids)))
        alone = len(set(found.seeds) - set(links["edge_index"][0, links["edge_weight"] > 0].tolist()))
        if alone:
            has = "has" if alone == 1 else "have"
            note(f"{counted(alone, 'seed')} of {k:,} {has} no link to another user; a smaller --k may be enough")
        if (check := check_command(found, network, user_ids, links, time_unit, link_sep)) is not None:
            note(f"to check the spread: {check}")
    if out is not None:
        write_table(table, out, file_format(out, TABLES), overwrite=overwrite)
        note(f"wrote {out}: {counted(k, 'seed user')}")
    if plot is not None:
        note(f"wrote {draw_seeds(found, user_ids, plot, overwrite)}")
    figures = asdict(found) | {
        "network": str(network),
        "users": len(user_ids),
        "links": links.num_edges,
        "time_unit": links.get("time_unit"),
        "horizon": found.horizon if math.isfinite(found.horizon) else None,
        "seeds": table.to_dict("records"),
    }
    del figures["gains"]
    write_json(json, figures, overwrite=overwrite)
