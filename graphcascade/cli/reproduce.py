from __future__ import annotations

from pathlib import Path

from graphcascade.errors import StorageError, UsageError

__all__ = ["reproduce"]


def reproduce(
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
    """Run a table or figure of a paper: what was published, what is measured, and the difference.

    Finished runs are kept in the directory: after an interruption the same command goes on. Figures (JSON) and pictures
    are written there, too. A data set that is not here and cannot be downloaded is skipped.

    Examples:
        graphcascade reproduce ndm-table1
        graphcascade reproduce ndm-table2 --dataset irvine
        graphcascade reproduce ndm-table2 --report results.md

    Args:
        name: Name of an experiment (see 'graphcascade experiments'), or a YAML file of your own.
        dataset: One of its data sets, or several with commas between; all of them if not given.
        directory: Folder for runs, figures and pictures.
        report: Markdown file that the tables are entered in.
        seeds: Another number of training seeds than the experiment has.
        root: Folder that data sets are kept in.
        quiet: No progress, and no tables.
        overwrite: Replace the file of --json if it exists already. The tables of --report are always entered into the
            report that exists.
        json: Also write the figures to this file.
    """
    from graphcascade.cli.output import note, print_table, write_json
    from graphcascade.experiments import read_report, write_report
    from graphcascade.experiments import reproduce as run

    wanted = None if dataset is None else [one.strip() for one in dataset.split(",") if one.strip()]
    if wanted == []:
        raise UsageError(f"--dataset {dataset!r}: names no data set; leave it out for all.")
    if Path(directory).exists() and not Path(directory).is_dir():
        raise StorageError(f"--directory {directory}: is a file; name a folder, which is made if it is not there.")
    if report is not None:
        read_report(report)  # raises an error now if it could not be extended after the runs
    try:
        found = run(name, wanted, directory, root, seeds, progress=not quiet)
    except KeyboardInterrupt:
        if not any(Path(directory).glob("runs/*.json")):
            raise UsageError("stopped before the first run was finished; the same command begins anew.") from None
        raise UsageError(f"stopped; finished runs are in {directory}, the same command goes on from there.") from None
    if report is not None:
        write_report(report, found)
    if not quiet:
        for one in found:
            if not one.figures.empty:
                print_table(one.summary(), one.title, fold="row")
            else:
                note(one.title)
            for line in one.notes:
                note(f"- {line}")
            for file in one.files:
                note(f"wrote {file}")
        if report is not None:
            note(f"wrote {report}")
    write_json(json, [one.to_dict() for one in found], overwrite=overwrite)
    if all(one.skipped for one in found):
        raise UsageError(f"{name}: no data set of it is here or can be downloaded; see 'graphcascade datasets'.")
