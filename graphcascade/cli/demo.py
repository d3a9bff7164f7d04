from __future__ import annotations

from pathlib import Path

__all__ = ["demo"]

# The options that set arguments of another name.
RENAMED = {"num_cascades": "cascades"}


def demo(
    out: Path = Path("demo"),
    cascades: int = 2000,
    max_epochs: int = 15,
    seed: int = 0,
    quiet: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Run an example: simulate cascades, predict who comes next, infer the true network.

    It needs no data and writes a page, report.html, with tables and pictures.

    Examples:
        graphcascade demo

    Args:
        out: Folder for the files.
        cascades: How many cascades to simulate.
        max_epochs: Maximum number of training epochs.
        seed: Random seed of the whole example.
        quiet: Print nothing.
        overwrite: Replace an earlier demo in the folder, and the file of --json.
        json: Also write the figures to this file.
    """
    from graphcascade.cli.output import note

    if not quiet:
        note("Simulating cascades on a network of 32 users, and learning from 80 % of them who comes next ...")

    from graphcascade.cli.output import print_description, print_table, write_json
    from graphcascade.demo import run_demo
    from graphcascade.evaluation import compare_results

    outcome = run_demo(out, cascades, max_epochs, seed, progress=not quiet, overwrite=overwrite)
    if not quiet:
        print_description(outcome.dataset.describe())
        print_table(compare_results(outcome.results, outcome.metrics), "Who comes next? Test cascades")
        note(outcome.explanation)
        print_table(outcome.networks, "Who infects whom? Inferred networks and the true one", fold="read from")
        for file in outcome.files:
            note(f"wrote {file}")
        note(f"open {outcome.files[0]} in a browser; next: 'graphcascade describe {outcome.files[1]}', or your own CSV")
    figures = {
        "data": outcome.dataset.describe().to_dict(),
        "results": [result.to_dict() for result in outcome.results],
        "networks": outcome.networks.to_dict(orient="records"),
    }
    write_json(json, figures, overwrite=overwrite)
