"""What 'seeds' says about seed users."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from graphcascade.cli.simulate import HORIZON

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch_geometric.data import Data

    from graphcascade.analysis import SeedSet

__all__ = ["check_command", "describe_spread", "draw_seeds"]

MAX_SOURCES = 20  # of the command to check the spread
NOUNS = {"reverse_reachable": "reverse reachable sets", "greedy": "live-edge graphs"}


def describe_spread(found: SeedSet, users: int) -> str:
    """Says how far cascades from the seeds spread, and how good this is."""
    from graphcascade.plurals import counted

    best = "at least {:.0%} of the largest spread that any {} could have".format(
        found.guarantee, counted(len(found.seeds), "user")
    )
    if found.delta is None:
        best += " on the live-edge graphs of the choice"
    else:
        best += f", with probability {1 - found.delta:.6g}"
    return (
        f"Expected spread: {found.spread:,.2f} ± {found.standard_error:.2g} of {users:,} users "
        f"({found.spread / users:.1%}), from {found.samples:,} {NOUNS[found.algorithm]}. This is {best}."
    )


def check_command(
    found: SeedSet,
    network: Path,
    user_ids: npt.NDArray[np.object_],
    links: Data,
    time_unit: str | None = None,
    sep: str | None = None,
) -> str | None:
    """Returns the command that simulates cascades from the seeds, or ``None`` if none does."""
    names = [str(user_ids[seed]) for seed in found.seeds]
    if len(names) > MAX_SOURCES:
        return None
    if any("," in name or name != name.strip() for name in names):
        return None
    words = ["graphcascade", "simulate", "cascades.csv", "--graph", str(network), "--source", ",".join(names)]
    if sep is not None:
        words += ["--link-sep", sep]
    threshold = found.model == "linear_threshold"
    delays = found.delays or "discrete"
    if threshold:
        words += ["--model", found.model, "--normalize"]
    elif links.get("delays") != delays:
        words += ["--delays", delays]
    if time_unit is not None:
        words += ["--time-unit", time_unit]
    # A cascade has no more steps than users.
    end = found.horizon if math.isfinite(found.horizon) else max(HORIZON, len(user_ids))
    if (HORIZON if threshold else links.get("horizon", HORIZON)) != end:
        words += ["--horizon", str(end).removesuffix(".0")]
    return shlex.join(words)


def draw_seeds(found: SeedSet, user_ids: npt.NDArray[np.object_], path: Path, overwrite: bool) -> Path:
    """Draws the spread of the seeds, and returns the file."""
    from matplotlib.figure import Figure

    from graphcascade.report import plot_seeds, save_figure

    picture = Figure(figsize=(max(6, 2 + 0.35 * min(len(found.seeds), 40)), 4.5), layout="constrained")
    plot_seeds(found, picture.subplots(), user_ids)
    return save_figure(picture, path, overwrite=overwrite)
