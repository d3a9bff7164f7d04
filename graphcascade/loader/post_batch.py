from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["PostBatch"]


@dataclass(frozen=True, kw_only=True)
class PostBatch:
    """Runs of consecutive posts, and the posts among them whose popularity is predicted.

    A run has T consecutive posts that may be targets, and the ``length - 1`` posts before them: S = T + length - 1
    posts. The window of target t are the posts t to t + length - 1 of its run, of which the last is the target itself;
    step p of all windows is the slice ``x[:, p : p + T]``, so no post is copied.

    Args:
        length: Posts in a window.
        post: Numbers of the posts in the stream, ``[R, S]`` int64; -1 before its beginning and after its end.
        valid: Whether there is a post, ``[R, S]`` bool.
        user: Row of each post's user in the model, ``[R, S]`` int64.
        category: Row of each post's category in the model, ``[R, S]`` int64; -1 for none.
        time: Times in seconds, ``[R, S]`` float64.
        numbers: Further numbers of the posts, ``[R, S, F]`` float32; NaN if missing.
        y: Labels of the targets, ``[R, T]`` float32; NaN if unknown, and for posts that are no target.
        is_target: Whether the post is to be predicted, ``[R, T]`` bool.
        x_image: Features of the images, ``[R, S, D]``, as stored; zeros for posts without one. ``None`` if not used.
        x_text: Features of the texts.
        has_image: Whether the post has an image, ``[R, S]`` bool. ``None`` if not used.
        has_text: Whether the post has a text.
    """

    length: int
    post: Tensor
    valid: Tensor
    user: Tensor
    category: Tensor
    time: Tensor
    numbers: Tensor
    y: Tensor
    is_target: Tensor
    x_image: Tensor | None = None
    x_text: Tensor | None = None
    has_image: Tensor | None = None
    has_text: Tensor | None = None

    @property
    def num_targets(self) -> int:
        """Number of posts to predict."""
        return int(self.is_target.sum())

    def of_targets(self, x: Tensor) -> Tensor:
        """Returns the rows of the T posts that may be targets, ``[R, T, ...]``, of ``x [R, S, ...]``; a view."""
        return x[:, self.length - 1 :]

    def windows(self, x: Tensor) -> Tensor:
        """Returns the windows of all T posts, ``[R, T, length, ...]``, of ``x [R, S, ...]``; a view."""
        return x.unfold(1, self.length, 1).movedim(-1, 2)

    def select(self, runs: Tensor) -> Self:
        """Returns some of the runs, ``[R']`` int64, as a batch."""
        chosen: dict[str, Any] = {
            field.name: value[runs] for field in fields(self) if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **chosen)

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Self:
        """Returns the batch on a device."""
        moved: dict[str, Any] = {
            field.name: value.to(device, non_blocking=non_blocking)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **moved)
