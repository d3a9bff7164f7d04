from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_ids, segment_ptr
from graphcascade.io import write_csv, write_graph
from graphcascade.simulate import cyan_cascades
from graphcascade.workflows.report import Report, check_report_folder, write_report

__all__ = ["Demo", "run_demo"]

logger = logging.getLogger(__name__)

HORIZON = 100.0
SPAN = 20 * HORIZON  # time from the first to the last event of the log
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
    dataset = _start_one_after_another(dataset, seed)
    title = "graphcascade: a first look"
    report = write_report(
        dataset, out, None, max_epochs, seed=seed, progress=progress, title=title, command=COMMAND, overwrite=overwrite
    )
    table, true = (out / name for name in FILES)
    # The network is written to another file.
    write_csv(CascadeDataset(replace(dataset.table, true_graph=None)), table, overwrite=True)
    assert dataset.true_graph is not None
    write_graph(dataset.true_graph, dataset.user_ids, true, overwrite=True)
    return Demo(dataset, report, [*report.files, table, true])


def _start_one_after_another(dataset: CascadeDataset, seed: int) -> CascadeDataset:
    """Lets simulated cascades, which all begin at time 0, start at random times, as in the log of a site.

    The log ends while the last cascades still go on, so that there are open cascades to predict.
    """
    table = dataset.table
    generator = torch.Generator().manual_seed(seed)
    start = SPAN * torch.rand(table.num_cascades, generator=generator, dtype=torch.float64).sort().values
    cascade = segment_ids(table.ptr)
    time = table.time + start[cascade]
    kept = time <= SPAN  # the first events of each cascade
    return CascadeDataset(
        replace(
            table,
            user=table.user[kept],
            time=time[kept],
            ptr=segment_ptr(torch.bincount(cascade[kept], minlength=table.num_cascades)),
            parent=None if table.parent is None else table.parent[kept],
            times_absolute=True,
            fingerprint=None,
        )
    )
