from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from torch_geometric.data import Data

from graphcascade.data import Cascade
from graphcascade.errors import UsageError
from graphcascade.report.style import INK, ORANGE, shorten

__all__ = ["plot_alignment"]


def plot_alignment(
    alignment: Data,
    cascade: Cascade,
    ax: Axes,
    user_ids: npt.NDArray[np.object_] | None = None,
    title: str = "Alignment",
) -> None:
    """Draws the weight of each earlier event in each prediction (CYAN-RNN paper, Fig. 5).

    There is a row for each predicted user and a column for each earlier user; black is 0 and white is 1. If it is known
    who infected whom, a ring marks that field.

    Args:
        alignment: Edges ``i -> k`` over the events of one cascade with ``edge_weight``, as ``align`` of a model gives
            them.
        cascade: The cascade.
        ax: Axes to draw on.
        user_ids: Labels of the users.
        title: Title of the picture.

    Raises:
        UsageError: The alignment is over another number of events; the cascade has one user.
    """
    size = int(cascade["user"].numel())
    if alignment.num_nodes != size:
        reason = f"is over {alignment.num_nodes} events, and the cascade has {size}"
        raise UsageError(argument="alignment", reason=reason)
    if size < 2:
        raise UsageError(argument="cascade", reason="has only one user, so there is no prediction to draw")
    share = np.zeros((size, size))
    source, target = alignment["edge_index"].numpy()
    weight = alignment["edge_weight"].double()
    share[target, source] = (weight if weight.dim() == 1 else weight.mean(1)).numpy()
    rows = share[:-1, :-1]  # row k predicts event k + 1, and the last event has no successor
    rows = rows / np.maximum(rows.sum(1, keepdims=True), 1e-12)
    rows[np.triu_indices_from(rows, 1)] = np.nan  # later events: left blank
    ax.imshow(rows, cmap="gray", vmin=0, vmax=1, aspect="equal")
    users = cascade["user"].tolist()
    label = [str(user) if user_ids is None else shorten(str(user_ids[user])) for user in users]
    if size <= 30:
        ax.set_xticks(range(size - 1), label[:-1], rotation=90, fontsize=7)
        ax.set_yticks(range(size - 1), label[1:], fontsize=7)
    for tick in [*ax.get_xticklabels(), *ax.get_yticklabels()]:
        tick.set_parse_math(False)
    parent = cascade.get("parent")
    if parent is not None:
        ax.plot(
            parent[1:].tolist(),
            range(size - 1),
            "o",
            color=ORANGE,
            fillstyle="none",
            markersize=max(3.0, min(9.0, 150 / size)),
            label="who infected",
        )
        ax.legend(loc="upper right", frameon=False, fontsize=8)
    ax.set_xlabel("infected before")
    ax.set_ylabel("infected next")
    ax.set_title(title, color=INK, fontsize=11, parse_math=False)
    ax.spines[["top", "right"]].set_visible(False)
