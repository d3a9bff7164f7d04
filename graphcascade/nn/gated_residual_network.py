from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import elu

from graphcascade.nn.fast_dropout import FastDropout
from graphcascade.nn.gated_linear_unit import GatedLinearUnit

__all__ = ["GatedResidualNetwork"]


class GatedResidualNetwork(nn.Module):
    r"""Two layers that a gate can leave out (GRN).

    From the "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper (DSN; Zhang et al., 2023, Eq. 14 to 16):

    .. math::
        \mathrm{GRN}(x) = \mathrm{LayerNorm}(x + \mathrm{Gate}(\eta_1)), \qquad
        \eta_1 = W_1 \eta_2 + b_1, \qquad \eta_2 = \mathrm{ELU}(W_2 x + b_2)

    Args:
        dim: Size of the vectors.
        dropout: Dropout on :math:`\eta_1`, as in the Temporal Fusion Transformer.

    Shapes:
        - **input:** ``[..., dim]``
        - **output:** ``[..., dim]``
    """

    def __init__(self, dim: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.inner = nn.Linear(dim, dim)
        self.outer = nn.Linear(dim, dim)
        self.dropout = FastDropout(dropout)
        self.gate = GatedLinearUnit(dim)
        self.norm = nn.LayerNorm(dim)

    def reset_parameters(self) -> None:
        """Draws new weights."""
        for layer in (self.inner, self.outer, self.gate, self.norm):
            layer.reset_parameters()

    def forward(self, x: Tensor) -> Tensor:
        inner = self.dropout(self.outer(elu(self.inner(x))))
        result: Tensor = self.norm(x + self.gate(inner))
        return result
