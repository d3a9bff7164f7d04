from __future__ import annotations

from pathlib import Path
from typing import Literal

from graphcascade.errors import UsageError

__all__ = ["simulate"]


def simulate(
    out: Path,
    network: Literal["core-periphery", "random"] = "core-periphery",
    graph: Path | None = None,
    delays: Literal["exponential", "rayleigh", "power_law", "discrete"] = "exponential",
    cascades: int = 1000,
    horizon: float = 100.0,
    min_size: int = 2,
    max_size: int | None = None,
    seed: int = 0,
    write_graph: Path | None = None,
    plot: Path | None = None,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Simulate cascades on a network, and write them.

    Examples:
        graphcascade simulate out.csv --cascades 5000 --plot out.png
        graphcascade simulate out.csv --graph links.txt --delays discrete

    Args:
        out: File to write; its ending gives the format: .csv, .tsv, .parquet, .jsonl, or .txt.
        network: A stochastic Kronecker network of 32 users, as in the CYAN-RNN paper.
        graph: Your own network instead: a file with a link 'from to weight' a line. The weight is the rate of
            transmission, or its probability with discrete delays.
        delays: How long it takes from one user to the next.
        cascades: How many cascades to keep.
        horizon: Infections after this time do not happen.
        min_size: Cascades of fewer users are dropped, counted, and drawn anew.
        max_size: Cut cascades to this many users.
        seed: Seed of the network and of the cascades.
        write_graph: Also write the network to this file: a link 'from to weight' a line.
        plot: Also draw the cascades into this picture (.png, .pdf, .svg).
        overwrite: Replace output files that exist already.
        json: Also write the figures to this file.
    """
    from graphcascade.cli.output import note, print_description, save_graph, write_json
    from graphcascade.io import read_graph, write_cascades, writing_format
    from graphcascade.report import draw_dataset, save_figure
    from graphcascade.simulate import cyan_cascades, simulate_cascades

    writing_format(out)
    if graph is not None:
        links, user_ids = read_graph(graph)
        if links.edge_weight is None:
            raise UsageError(
                f"{graph}: its links have no weight, at which cascades pass them; write it after the two users of "
                "each line, such as 'anna bob 0.1'."
            )
        dataset = simulate_cascades(
            links, cascades, delays, horizon, min_size=min_size, max_size=max_size, seed=seed, user_ids=user_ids
        )
    elif delays in ("exponential", "rayleigh"):
        dataset = cyan_cascades(
            network,
            delays,
            num_cascades=cascades,
            horizon=horizon,
            min_size=min_size,
            max_size=max_size,
            network_seed=seed,
            seed=seed,
        )
    else:
        raise UsageError(f"--delays {delays} needs a network with weights: give one with --graph.")
    write_cascades(dataset, out, overwrite=overwrite)
    print_description(dataset)
    note(f"wrote {out}")
    save_graph(dataset, write_graph, overwrite)
    if plot is not None:
        note(f"wrote {save_figure(draw_dataset(dataset), plot, overwrite=overwrite)}")
    write_json(json, dataset.describe().to_dict(), overwrite=overwrite)
