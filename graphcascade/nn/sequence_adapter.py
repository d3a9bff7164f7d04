from __future__ import annotations

import torch
from torch import Tensor, nn

from graphcascade.errors import UsageError
from graphcascade.nn.overlapping_slices import overlapping_slices
from graphcascade.nn.window_steps import WindowSteps

__all__ = ["SequenceAdapter"]


class SequenceAdapter(nn.Module):
    r"""Adapts the features of a pretrained encoder to a task, with those of the neighbours in a window of posts.

    The "visual-language adapter" of the "`Improving Social Media Popularity Prediction with Multiple Post Dependencies
    <https://arxiv.org/abs/2307.15413>`_" paper (DSN; Zhang et al., 2023, Eq. 3):

    .. math::
        A(x) = (1 - \alpha) \mathrm{ReLU}(\mathrm{Conv}_3(x)) + \alpha\, \mathrm{Conv}_1(x)

    Convolutions run along the window; its first and last post have zeros as neighbours beyond it.

    Args:
        in_dim: Size of the features.
        dim: Size of the adapted vectors.
        ratio: Residual ratio :math:`\alpha`, between 0 and 1.

    Shapes:
        - **input:** windows ``[B, l, in_dim]``
        - **output:** ``[B, l, dim]``

    Raises:
        UsageError: The ratio is not between 0 and 1.

    Deviation from the paper: it calls the convolution "3x3"; a sequence has one axis, so its width is 3.
    """

    def __init__(self, in_dim: int, dim: int, ratio: float) -> None:
        super().__init__()
        if not 0 <= ratio <= 1:
            raise UsageError(owner="SequenceAdapter", argument="ratio", value=ratio, reason="must be between 0 and 1")
        self.ratio = ratio
        self.wide = nn.Conv1d(in_dim, dim, 3, padding=1)
        self.narrow = nn.Conv1d(in_dim, dim, 1)

    def reset_parameters(self) -> None:
        """Draws new weights."""
        self.wide.reset_parameters()
        self.narrow.reset_parameters()

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(1, 2)
        adapted = (1 - self.ratio) * self.wide(x).relu() + self.ratio * self.narrow(x)
        result: Tensor = adapted.transpose(1, 2)
        return result

    def slide(self, x: Tensor, length: int) -> WindowSteps:
        """Adapts all windows of runs of posts, with one product for each post.

        Args:
            x: Features of runs of posts, ``[R, T + length - 1, in_dim]``; zeros where there is no post.
            length: Posts in a window.

        Returns:
            The same vectors as those of :meth:`forward` for each window.
        """
        dim, size = self.narrow.out_channels, x.size(1)
        taps = [self.narrow.weight[:, :, 0], self.wide.weight[:, :, 1]]
        if length > 1:
            taps += [self.wide.weight[:, :, 0], self.wide.weight[:, :, 2]]
        products = (x @ torch.cat(taps).t()).split(dim, -1)
        kept = WindowSteps.of(self.ratio * (products[0] + self.narrow.bias), length)
        wide = WindowSteps.of(products[1] + self.wide.bias, length)
        if length > 1:
            # The first post has a neighbour on the right only, the last one on the left only.
            bounds = [(length - 2, size - 1), (0, size - 2)][: 1 if length == 2 else 2]
            left = overlapping_slices(products[2], bounds)
            right = overlapping_slices(products[3], [(size - end, size - begin) for begin, end in bounds])
            assert wide.first is not None  # for length > 1
            inner = None if wide.inner is None else left[1] + wide.inner + right[1]
            wide = WindowSteps(length, wide.first + right[0], inner, wide.last + left[0])
        return wide.map(lambda x: (1 - self.ratio) * x.relu()) + kept

    def extra_repr(self) -> str:
        return f"ratio={self.ratio:g}"
