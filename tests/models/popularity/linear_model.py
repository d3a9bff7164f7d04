from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from graphcascade.loader import PostBatch
from graphcascade.models.popularity import WindowModel


class LinearModel(WindowModel):
    """The smallest model of windows: a linear function of the inputs of all posts of a window."""

    def __init__(self, num_users: int, **arguments: Any) -> None:
        super().__init__(num_users, **arguments)
        dims = [layer.dim for layer in (self.image, self.text, self.users) if layer is not None]
        self.category = nn.Embedding(self.num_categories + 1, 4) if self.uses_category else None
        self.weight = nn.Linear(self.length * (sum(dims) + 4 * self.uses_category), 1)

    def forward(self, batch: PostBatch) -> Tensor:
        parts = []
        if self.image is not None:
            parts.append(self.image(batch.x_image, batch.has_image))
        if self.text is not None:
            parts.append(self.text(batch.x_text, batch.has_text))
        if self.users is not None:
            parts.append(self.users(batch.user, batch.numbers, batch.time))
        if self.category is not None:
            parts.append(self.category(batch.category.remainder(self.num_categories + 1)))
        x = torch.cat(parts, -1) * batch.valid.unsqueeze(-1)
        score: Tensor = self.weight(batch.windows(x).flatten(2)).squeeze(-1)
        return self.y_mean + score
