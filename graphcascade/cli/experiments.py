from __future__ import annotations

from pathlib import Path

__all__ = ["experiments"]


def experiments(overwrite: bool = False, json: Path | None = None) -> None:
    """List the tables and figures of papers that 'graphcascade reproduce' can run.

    Examples:
        graphcascade experiments

    Args:
        overwrite: Replace the file of --json if it exists already.
        json: Also write the list to this file (.json).
    """
    import pandas as pd

    from graphcascade.cli.output import print_table, write_json
    from graphcascade.experiments import find_experiment, list_experiments

    known = [find_experiment(name) for name in list_experiments()]
    rows = [
        {
            "name": entry.name,
            "title": entry.title,
            "paper": entry.paper,
            "place": entry.place,
            "datasets": list(entry.datasets),
        }
        for entry in known
    ]
    table = pd.DataFrame(rows)[["name", "title", "place"]]
    print_table(table, "Experiments", "'graphcascade reproduce NAME' runs an experiment.", fold="title")
    write_json(json, rows, overwrite=overwrite)
