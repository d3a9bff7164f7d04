"""The network of 'seeds' and 'rank-users', and the model of diffusion on it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from graphcascade.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch_geometric.data import Data

__all__ = ["describe_diffusion", "open_diffusion_network"]


def open_diffusion_network(path: Path, model: str | None, delays: str | None) -> tuple[Data, npt.NDArray[np.object_]]:
    """Reads the network of 'seeds' and 'rank-users', and checks that the weights fit the model.

    Raises:
        GraphCascadeError: The file cannot be read, or its weights do not fit the model.
    """
    from graphcascade.cli.network_file import open_network
    from graphcascade.errors import DataError, shorten

    links, user_ids = open_network(path, "network", rates=model != "linear_threshold")
    own = links.get("delays")
    weights = links.edge_weight
    assert weights is not None
    assert links.edge_index is not None
    if model == "independent_cascade" and own not in (None, "discrete"):
        reason = f"the weights of {path} are rates of {own} delays, not probabilities; leave it out"
        raise UsageError(argument="model", value=model, reason=reason)
    wrong = (weights > 1).nonzero().view(-1)
    if wrong.numel() and model in (None, "independent_cascade") and (delays or own) in (None, "discrete"):
        source, target = (shorten(user_ids[end]) for end in links.edge_index[:, wrong[0]].tolist())
        raise DataError(
            f"{path}: the link from {source!r} to {target!r} has the weight {float(weights[wrong[0]]):g}; in the "
            "independent cascade model, weights are probabilities of at most 1. If they are rates, give --model "
            "continuous_time and a --horizon; if they are strengths, give --model linear_threshold."
        )
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
