from __future__ import annotations

import torch
from torch import Tensor, nn

from graphcascade.data.posts.past_posts import past_sums

__all__ = ["PastLabels"]


class PastLabels(nn.Module):
    """Sums and numbers of the known labels of earlier posts by group, such as user or category.

    The module keeps those of training. In a stream of posts, the labels of a post's group are those of training posts
    that are not in the stream, and those of earlier posts of the stream. So each label counts once, whether the stream
    has the training posts, as the parts of a split do, or only later posts.

    Args:
        num_groups: Number of groups G.
    """

    total: Tensor
    count: Tensor

    def __init__(self, num_groups: int) -> None:
        super().__init__()
        self.register_buffer("total", torch.zeros(num_groups, dtype=torch.float64))
        self.register_buffer("count", torch.zeros(num_groups, dtype=torch.float64))

    @property
    def num_groups(self) -> int:
        return self.total.numel()

    def set_labels(self, group: Tensor, y: Tensor) -> None:
        """Replaces the labels of training.

        Args:
            group: Group of each training post, ``[M]`` int64; -1 for none.
            y: Its label, ``[M]``.
        """
        kept = group >= 0
        self.total = torch.bincount(group[kept], weights=y[kept].double(), minlength=self.num_groups)
        self.count = torch.bincount(group[kept], minlength=self.num_groups).double()

    def forward(
        self, row: Tensor, group: Tensor, known_y: Tensor, trained: Tensor, until: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Sums the labels before each post of a stream.

        Args:
            row: The group of each post among those of training, ``[N]`` int64; -1 or ``num_groups`` for a new one.
            group: Its group in the stream, ``[N]`` int64; -1 for none.
            known_y: Known labels, ``[N]``; NaN if unknown.
            trained: Whether the model was trained on the post, ``[N]`` bool.
            until: For each post, the first post of the stream whose label is not told, ``[N]`` int64; the post itself
                by default.

        Returns:
            Sums ``[N]`` and numbers ``[N]`` of labels, float64.
        """
        total, number = past_sums(group, known_y, until)
        inside = (row >= 0) & (row < self.num_groups)
        own = (inside & trained & ~known_y.isnan()).nonzero().view(-1)
        other_total = self.total.index_add(0, row[own], -known_y[own].double())
        other_count = self.count.index_add(0, row[own], -torch.ones(own.numel(), dtype=torch.float64))
        other_count = other_count.clamp(min=0)
        other_total = torch.where(other_count > 0, other_total, 0.0)  # nothing is left of rounding errors
        place = row.clamp(0, max(self.num_groups - 1, 0))
        if self.num_groups:
            total = total + torch.where(inside, other_total[place], 0.0)
        count = number.double()
        if self.num_groups:
            count = count + torch.where(inside, other_count[place], 0.0)
        return total, count

    def extra_repr(self) -> str:
        return str(self.num_groups)
