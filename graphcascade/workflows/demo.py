from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from graphcascade.data import CascadeDataset
from graphcascade.io import write_csv, write_graph
from graphcascade.simulate import cyan_cascades
from graphcascade.workflows.report import Report, check_report_folder, write_report

__all__ = ["Demo", "run_demo"]

logger = logging.getLogger(__name__)

HORIZON = 100.0
COMMAND = "graphcascade demo"  # the footer of the page names it
FILES = ("cascades.csv", "true-network.txt")  # beside those of a report


@dataclass(frozen=True, eq=False)
class Demo:
    """The output of the demonstration.

    Args:
        dataset: The simulated cascades.
        report: The page about them, with the truth beside what the models found.
        files: Paths of the page and the files behind it, and of the cascades and the true network.
    """

    dataset: CascadeDataset
    report: Report
    files: list[Path]


def run_demo(
    out: Path, num_cascades: int, max_epochs: int, seed: int, progress: bool = True, *, overwrite: bool = False
) -> Demo:
    """Simulates cascades on a network, and writes a page about them that compares with the truth.

    Args:
        out: Folder for the files.
        num_cascades: Number of cascades to simulate.
        max_epochs: Maximum number of training epochs.
        seed: Random seed of the whole example.
        progress: Show progress bars, on terminals and in notebooks.
        overwrite: Whether to replace the files of an earlier demo in the folder. Files that no demo wrote are never
            replaced.

    Raises:
        StorageError: The folder has files of these names already.
    """
    check_report_folder(out, overwrite, COMMAND, FILES)
    logger.info("simulating cascades on a network of 32 users ...")
    dataset = cyan_cascades(
        "core-periphery",
        "exponential",
        num_cascades=num_cascades,
        horizon=HORIZON,
        network_seed=seed,
        seed=seed,
    )
    title = "graphcascade: a first look"
    report = write_report(
        dataset, out, None, max_epochs, seed=seed, progress=progress, title=title, command=COMMAND, overwrite=overwrite
    )
    table, true = (out / name for name in FILES)
    # The network is written to another file, and all cascades begin at time 0.
    write_csv(CascadeDataset(replace(dataset.table, true_graph=None, times_absolute=True)), table, overwrite=True)
    assert dataset.true_graph is not None
    write_graph(dataset.true_graph, dataset.user_ids, true, overwrite=True)
    return Demo(dataset, report, [*report.files, table, true])
