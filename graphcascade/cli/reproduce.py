from __future__ import annotations

from pathlib import Path

from graphcascade.errors import StorageError, UsageError

__all__ = ["run_reproduction"]


def run_reproduction(
    name: str,
    dataset: str | None = None,
    directory: Path = Path("reproduced"),
    report: Path | None = None,
    seeds: int | None = None,
    root: Path = Path("datasets"),
    quiet: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Reproduce a table or figure of a paper: published values, measured values, and their difference.

    Finished runs are kept in the directory, so that the same command continues after an interruption. Figures (JSON)
    and pictures are also written there. A dataset that is not on this machine and cannot be
    downloaded is skipped.

    Examples:
        graphcascade reproduce ndm-table1
        graphcascade reproduce ndm-table2 --dataset irvine
        graphcascade reproduce ndm-table2 --report results.md
        graphcascade reproduce amnl-table3 --dataset my-tweets    # on a folder of retweets

    Args:
        name: Name of an experiment (see 'graphcascade experiments'), or a YAML file of your own.
        dataset: Comma-separated datasets of the experiment; default: all. Experiments about
            retweets (amnl-...) also run on a folder of your own; rows that need what it does not have are left out.
        directory: Folder for runs, figures and pictures.
        report: Markdown file (.md) to add the tables to.
        seeds: Number of training seeds; that of the experiment if not given.
        root: Folder that datasets are kept in.
        quiet: Show no progress and no tables.
        overwrite: Replace the file of --json if it exists already. The tables of --report are added to the report
            that exists.
        json: Also write the figures to this file (.json).
    """
    from graphcascade.cli.output import note, print_table, write_json
    from graphcascade.experiments import read_report, write_report
    from graphcascade.experiments import reproduce as run

    wanted = None if dataset is None else [part.strip() for part in dataset.split(",") if part.strip()]
    if wanted == []:
        raise UsageError(
            argument="dataset", value=dataset, reason="names no dataset; leave the option out to run all of them"
        )
    if Path(directory).exists() and not Path(directory).is_dir():
        raise StorageError(
            argument="directory", value=directory, reason="this is a file; choose a folder, which need not exist"
        )
    if report is not None:
        read_report(report)  # raises an error now if it could not be extended after the runs
    try:
        results = run(name, wanted, directory, root, seeds, progress=not quiet)
    except KeyboardInterrupt:
        if not any(Path(directory).glob("runs/*.json")):
            raise UsageError(
                "stopped before the first run was finished; the same command starts from the beginning."
            ) from None
        raise UsageError(
            f"stopped; finished runs are in {directory}, and the same command continues from there."
        ) from None
    if report is not None:
        write_report(report, results)
    if not quiet:
        for result in results:
            if not result.figures.empty:
                print_table(result.summary(), result.title, fold="row")
            else:
                note(result.title)
            for line in result.notes:
                note(f"- {line}")
            for file in result.files:
                note(f"wrote {file}")
        if report is not None:
            note(f"wrote {report}")
    write_json(json, [result.to_dict() for result in results], overwrite=overwrite)
    if all(result.skipped for result in results):
        raise UsageError(
            f"{name}: none of its datasets is on this machine or can be downloaded; see 'graphcascade datasets'."
        )
