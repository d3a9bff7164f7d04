from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import glu

__all__ = ["GatedLinearUnit"]


class GatedLinearUnit(nn.Module):
    r"""A linear function of an input, gated by a function of one or two inputs.

    From the "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper (DSN; Zhang et al., 2023, Eq. 7):

    .. math::
        \mathrm{Gate}(x, y) = (x W_1 + b_1) \odot \sigma(x W_2 + y W_3 + b_2)

    Args:
        dim: Size of the inputs.
        second: Whether there is a second input y.

    Shapes:
        - **input:** x and y ``[..., dim]``
        - **output:** ``[..., dim]``
    """

    def __init__(self, dim: int, second: bool = False) -> None:
        super().__init__()
        self.dim = dim
        self.linear = nn.Linear(dim, 2 * dim)  # W_1 and b_1, then W_2 and b_2
        self.second = nn.Linear(dim, dim, bias=False) if second else None

    def reset_parameters(self) -> None:
        """Draws new weights."""
        self.linear.reset_parameters()
        if self.second is not None:
            self.second.reset_parameters()

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        if self.second is None or y is None:
            return glu(self.linear(x), -1)
        value, gate = self.linear(x).chunk(2, -1)
        gated: Tensor = value * (gate + self.second(y)).sigmoid()
        return gated
