"""The network of 'seeds' and 'rank-users', and the model of diffusion on it."""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING

from graphcascade.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch_geometric.data import Data

    from graphcascade.options.cascade_read_options import TimeUnit
    from graphcascade.simulate.delays import Delays

logger = logging.getLogger(__name__)

__all__ = ["describe_diffusion", "open_diffusion_network"]


def open_diffusion_network(
    path: Path,
    model: str | None,
    delays: Delays | None,
    time_unit: TimeUnit | None,
    may_be_unused: bool = False,
    sep: str | None = None,
) -> tuple[Data, npt.NDArray[np.object_]]:
    """Reads the network of 'seeds' and 'rank-users', and checks that the weights fit the model.

    Args:
        path: File of the network.
        model: Meaning of the weights.
        delays: Distribution of the delays; that of the file if ``None``.
        time_unit: Unit to which rates and horizon of the file are converted; that of the file if ``None``.
        may_be_unused: Whether ``time_unit`` may be given for a model without times, because it is also for other data.
        sep: Separator of the columns of the file; found from its first line if ``None``.

    Raises:
        GraphCascadeError: The file cannot be read, or its weights do not fit the model.
    """
    from graphcascade.cli.network_file import open_network
    from graphcascade.errors import DataError, shorten
    from graphcascade.simulate import with_time_unit

    links, user_ids = open_network(path, "network", rates=model != "linear_threshold", sep=sep)
    if links.get("links_better_than_chance") == 0:
        logger.warning(
            "%s: none of its links is better than chance, as the file says, so do not rely on the users who are found "
            "with it. 'infer-network --permutations 20' shows whether the network as a whole is better than chance.",
            path,
        )
    own = links.get("delays")
    weights = links.edge_weight
    assert weights is not None
    assert links.edge_index is not None
    wrong = (weights > 1).nonzero().view(-1)
    if wrong.numel() and model in (None, "independent_cascade") and (delays or own) in (None, "discrete"):
        source, target = (shorten(user_ids[end]) for end in links.edge_index[:, wrong[0]].tolist())
        raise DataError(
            f"{path}: the link from {source!r} to {target!r} has the weight {float(weights[wrong[0]]):g}; in the "
            "independent cascade model, weights are probabilities of at most 1. If they are rates, give --model "
            "continuous_time and a --horizon; if they are strengths, give --model linear_threshold."
        )
    if time_unit is not None:
        has_times = model == "continuous_time" or (model is None and (delays or own) not in (None, "discrete"))
        if has_times:
            links = with_time_unit(links, time_unit, delays)
        elif not may_be_unused:
            reason = "has no effect on a model whose times are steps; leave it out"
            raise UsageError(argument="time_unit", value=time_unit, reason=reason)
    return links, user_ids


def describe_diffusion(model: str, delays: str | None, horizon: float, links: Data, given: float | None) -> str:
    """Says which model of diffusion the weights are used for."""
    from graphcascade.cli.output import shown

    if model == "continuous_time":
        unit = links.get("time_unit") or "in the unit of the weights"
        origin = "of the file" if given is None else "--horizon"
        return f"continuous time model: {delays} delays, horizon {shown(horizon)} {unit} ({origin})"
    steps = f", at most {shown(horizon)} steps" if math.isfinite(horizon) else ""
    if model == "linear_threshold":
        return f"linear threshold model: weights are shares of influence{steps}"
    origin = "" if links.get("delays") else "; the file does not say so, see --model"
    return f"independent cascade model: weights are probabilities{origin}{steps}"
