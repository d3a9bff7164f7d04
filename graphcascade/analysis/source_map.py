from __future__ import annotations

import pandas as pd
import torch

from graphcascade.data import CascadeDataset, head_sources
from graphcascade.errors import UsageError
from graphcascade.models import NextUserModel
from graphcascade.nn import SourceFusion
from graphcascade.value_types import check_numbers

__all__ = ["source_map"]


@torch.no_grad()
@check_numbers
def source_map(model: NextUserModel, train: CascadeDataset, share: float = 0.2) -> pd.DataFrame:
    r"""Maps the sources to the plane so that sources are close if users attend to them alike (DSSF, Section 4.2).

    With attention, a source is represented by the scores :math:`u_i W_a s_j^\top` of all users :math:`i` of the
    training cascades (the logarithms of the attention, up to a constant for each user), and mapped to the first two
    principal components. These are computed from ``d x d`` products without storing the scores. Without attention, the
    source is represented by its own vector.

    Args:
        model: A trained model whose embedding is a :class:`~graphcascade.nn.SourceFusion`.
        train: The training cascades.
        share: Share of the sources that count as head sources, see :func:`~graphcascade.data.head_sources`.

    Returns:
        A row for each source, in decreasing order of cascades: ``source`` (number of the user), ``user`` (id),
        ``cascades``, ``head``, and ``x``, ``y``; ``attrs["explained"]`` has the two shares of the variance.

    Raises:
        UsageError: The model has no source fusion; training has fewer than two sources.
    """
    fusion = model.embedding
    if not isinstance(fusion, SourceFusion):
        raise UsageError(f"{type(model).__name__} has no source fusion; train it with embedding=SourceFusion(...).")
    head = head_sources(train, share)
    count = torch.bincount(train.table.user[train.table.ptr[:-1]], minlength=train.num_users)
    order = count.argsort(descending=True, stable=True)[: int((count > 0).sum())]
    point = fusion.source_table().detach().cpu().double()[order]
    point = point - point.mean(0)
    if fusion.bilinear is not None:
        users = fusion.weight.detach().cpu().double()[:-1][train.seen] @ fusion.bilinear.detach().cpu().double()
        value, vector = torch.linalg.eigh(users.t() @ users)
        point = point @ (vector * value.clamp(min=0).sqrt())  # distances are those between the scores of all users
    left, size, _ = torch.linalg.svd(point, full_matrices=False)
    left, size = torch.nn.functional.pad(left, (0, 1)), torch.nn.functional.pad(size, (0, 1))  # a line has one axis
    plane = (left * size)[:, :2]
    most = plane.abs().argmax(0, keepdim=True)
    plane = plane * plane.gather(0, most).sign()  # fixes the signs, since mirror images are equally valid
    frame = pd.DataFrame(
        {
            "source": order.numpy(),
            "user": train.user_ids[order.numpy()],
            "cascades": count[order].numpy(),
            "head": head[order].numpy(),
            "x": plane[:, 0].numpy(),
            "y": plane[:, 1].numpy(),
        }
    )
    variance = size.square()
    frame.attrs["explained"] = (variance / variance.sum().clamp(min=1e-300))[:2].tolist()
    return frame
