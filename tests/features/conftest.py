from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from graphcascade.features import ImageEncoder


def to_pixels(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(image.resize((4, 4)), dtype=np.float32)).permute(2, 0, 1) / 255


class MeanColour(nn.Module):
    """The mean of each colour times a weight; counts the images that it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))
        self.seen = 0

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        self.seen += len(pixels)
        return pixels.mean((2, 3)) * self.scale


@pytest.fixture
def encoder() -> ImageEncoder:
    encoder = ImageEncoder(MeanColour(), to_pixels, "mean colour")
    encoder.network.seen = 0
    return encoder


@pytest.fixture
def images(tmp_path: Path) -> list[str]:
    """Five images of one colour each: red values 0, 51, ..., 204."""
    folder = tmp_path / "images"
    folder.mkdir()
    paths = [folder / f"{number}.png" for number in range(5)]
    for number, path in enumerate(paths):
        Image.new("RGB", (8, 6), (51 * number, 0, 255)).save(path)
    return [str(path) for path in paths]


def expected(red: float) -> list[float]:
    return [red, 0.0, 3.0]
