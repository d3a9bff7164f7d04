from __future__ import annotations

import pandas as pd

from graphcascade.models import NDM

__all__ = ["position_norms"]


def position_norms(model: NDM) -> pd.DataFrame:
    """Norms of the position matrices of NDM's convolution (NDM paper, Section 5.7, Table 4).

    The caption of the table says squared norms, but its values have the magnitude of norms; this returns both.

    Args:
        model: A trained NDM; with ``init=True`` the source has its own matrix.

    Returns:
        A row for each matrix: ``matrix`` ("init", "0" for the last event, "1", ...), its Frobenius ``norm``, and
        ``squared``.
    """
    weight = model.readout.weight.detach().double()
    matrices = weight.unflatten(1, (-1, model.embedding.dim)).unbind(1)
    names = [str(lag) for lag in range(model.window)] + (["init"] if model.init else [])
    rows = [
        {"matrix": name, "norm": float(matrix.norm()), "squared": float(matrix.square().sum())}
        for name, matrix in zip(names, matrices, strict=True)
    ]
    return pd.DataFrame(rows[model.window :] + rows[: model.window])
