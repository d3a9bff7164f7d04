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

    It needs no data and writes the same page as 'graphcascade report' about simulated cascades, report.html, with the
    truth beside what the models found.

    Examples:
        graphcascade demo

    Args:
        out: Folder for the files.
        cascades: How many cascades to simulate.
        max_epochs: Maximum number of training epochs.
        seed: Random seed of the whole example.
        quiet: Print nothing.
        overwrite: Replace an earlier demo in the folder, and the file of --json.
        json: Also write the figures to this file (.json).
    """
    from graphcascade.cli.output import note, write_json
    from graphcascade.cli.report_summary import print_report
    from graphcascade.workflows import run_demo

    outcome = run_demo(out, cascades, max_epochs, seed, progress=not quiet, overwrite=overwrite)
    if not quiet:
        print_report(outcome.report, outcome.files)
        note(f"next: 'graphcascade describe {out / 'cascades.csv'}', or 'graphcascade report' on your own CSV")
    write_json(json, outcome.report.figures, overwrite=overwrite)
