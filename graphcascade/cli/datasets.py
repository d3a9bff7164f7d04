from __future__ import annotations

from pathlib import Path

__all__ = ["datasets"]


def datasets(root: Path = Path("datasets"), overwrite: bool = False, json: Path | None = None) -> None:
    """List the published datasets, of cascades, retweets and posts: size, origin, and whether they are on this machine.

    Examples:
        graphcascade datasets
        GRAPHCASCADE_DATA=~/cascades graphcascade datasets    # use files that you have already

    Args:
        root: Folder that datasets are kept in.
        overwrite: Replace the file of --json if it exists already.
        json: Also write the list to this file (.json).
    """
    from graphcascade.cli.output import print_table, write_json
    from graphcascade.datasets import list_datasets

    frame = list_datasets(root)
    print_table(
        frame.assign(origin=frame["origin"].str.removeprefix("https://")),
        "Datasets",
        "'graphcascade describe NAME' fetches one and describes it.",
        fold="origin",
    )
    write_json(json, frame.to_dict(orient="records"), overwrite=overwrite)
