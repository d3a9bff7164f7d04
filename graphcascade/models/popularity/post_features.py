from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from graphcascade.data import PostStream
from graphcascade.data.time_units import SECONDS
from graphcascade.models.popularity.check_inputs import check_inputs
from graphcascade.nn import FeatureScaler, UserFeatures

__all__ = ["PostFeatures"]


class PostFeatures(nn.Module):
    """Numbers of single posts as one table: features of image and text, further numbers, and the date.

    Features are standardised, 0 if missing, beside an indicator of missing ones. Numbers are z-scores, with indicators
    in the same way. Month, day and hour are one-hot vectors.

    Args:
        image_dim: Size of the features of images; 0 leaves them out.
        text_dim: Size of the features of texts; 0 leaves them out.
        numbers: Names of the further numbers to use.
        date: Whether to use the date of the post.
    """

    def __init__(self, image_dim: int, text_dim: int, numbers: Sequence[str], date: bool) -> None:
        super().__init__()
        self.numbers = list(numbers)
        self.scalers = nn.ModuleDict(
            {name: FeatureScaler(dim) for name, dim in (("image", image_dim), ("text", text_dim)) if dim}
        )
        self.date = date
        self.users = UserFeatures(1, len(self.numbers), uid_dim=0)
        self.num_dates = self.users.dim - 2 * len(self.numbers)
        self.dim = image_dim + text_dim + len(self.scalers) + 2 * len(self.numbers) + (self.num_dates if date else 0)

    def prepare(self, train: PostStream) -> None:
        """Sets means and standard deviations from the posts up to the end of training."""
        self.check(train)
        end = int(train.targets[-1]) + 1
        store = train["post"]
        for name, scaler in self._named_scalers():
            scaler.prepare(store[f"x_{name}"][:end], store[f"has_{name}"][:end])
        self.users.prepare(self.columns(train)[:end])

    def check(self, stream: PostStream) -> None:
        """Raises an error if a stream lacks what is used.

        Raises:
            UsageError: There are no features of images or texts, or of another size; a number is missing.
        """
        dims = {name: scaler.dim for name, scaler in self._named_scalers()}
        check_inputs(stream, "the model", dims, self.numbers)

    def _named_scalers(self) -> Iterator[tuple[str, FeatureScaler]]:
        return ((name, cast(FeatureScaler, scaler)) for name, scaler in self.scalers.items())

    def columns(self, stream: PostStream) -> Tensor:
        """The numbers to use, ``[num_posts, F]`` float32; NaN if missing."""
        return stream.numbers[:, [stream.number_names.index(name) for name in self.numbers]]

    def forward(self, stream: PostStream, posts: Tensor) -> Tensor:
        """Returns the table of posts ``[M]``, ``[M, dim]`` float32."""
        self.check(stream)
        store = stream["post"]
        parts = []
        for name, scaler in self._named_scalers():
            is_there = store[f"has_{name}"][posts]
            parts += [scaler(store[f"x_{name}"][posts], is_there), (~is_there).unsqueeze(1).float()]
        seconds = stream.time[posts] * SECONDS.get(stream.time_unit or "s", 1.0)
        users = self.users(torch.zeros_like(posts), self.columns(stream)[posts], seconds)
        parts.append(users if self.date else users[:, : 2 * len(self.numbers)])
        return torch.cat(parts, 1)
