"""The embedded default, start to end: what a newcomer sees first."""

from __future__ import annotations

from pathlib import Path

from graphcascade.data import CascadeDataset
from graphcascade.io import write_csv
from graphcascade.report import draw_dataset, save_figure
from graphcascade.simulate import cyan_cascades

__all__ = ["run_demo"]


def run_demo(out: Path, num_cascades: int, seed: int) -> tuple[CascadeDataset, list[Path]]:
    """Simulates cascades on a core-periphery network of 32 users, and writes them as a table and a picture.

    Args:
        out: Folder for the files.
        num_cascades: How many cascades to simulate.
        seed: Seed of the network and of the cascades.

    Returns:
        The cascades, and the files written.
    """
    dataset = cyan_cascades("core-periphery", "exponential", num_cascades=num_cascades, network_seed=seed, seed=seed)
    table, picture = out / "cascades.csv", out / "cascades.png"
    write_csv(dataset, table)
    save_figure(draw_dataset(dataset), picture)
    return dataset, [table, picture]
