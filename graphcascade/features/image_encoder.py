from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from PIL import Image, ImageOps
from torch import Tensor, nn

from graphcascade.errors import DataError
from graphcascade.features.encoder import Encoder
from graphcascade.io.lines import open_bytes

__all__ = ["ImageEncoder"]

BROKEN_IMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, Image.DecompressionBombError)
"""Errors that Pillow raises for files that are not images, or are damaged."""


class ImageEncoder(Encoder):
    """Vectors of image files from a network for images.

    :func:`load_image_encoder` makes one from the name of a published network. This constructor takes any network.

    Args:
        network: Module from pixels ``[B, 3, H, W]`` to vectors ``[B, D]``.
        transform: Function from an RGB image of Pillow to pixels ``[3, H, W]`` float32, equal in size for all images.
            Its ``repr`` should have its settings, because caches distinguish transforms by it.
        name: Name of the encoder in messages and caches.

    Raises:
        DataError: The network does not give one vector for each image.

    Example:
        >>> network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        >>> encoder = ImageEncoder(network, lambda image: torch.ones(3, *image.size), "mean colour")
        >>> encoder.dim
        3
    """

    def __init__(self, network: nn.Module, transform: Callable[[Image.Image], Tensor], name: str) -> None:
        network.eval()
        with torch.inference_mode():
            probe = network(transform(Image.new("RGB", (256, 256)))[None])
        if not isinstance(probe, Tensor) or probe.dim() != 2 or probe.size(0) != 1:
            found = list(probe.shape) if isinstance(probe, Tensor) else type(probe).__name__
            raise DataError(f"encoder {name}: must give vectors of shape [1, D] for an image, gave {found}.")
        super().__init__(name, probe.size(1))
        self.network = network
        self.transform = transform
        self.eval()

    def hash_content(self, item: str) -> bytes:
        """Returns the SHA-256 hash of a file's content, 32 bytes.

        Raises:
            MissingFileError: There is no such file, or it cannot be read.
        """
        digest = hashlib.sha256()
        with open_bytes(item) as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.digest()

    def prepare(self, item: str) -> Tensor:
        """Reads an image file, and returns its pixels ``[3, H, W]``.

        Raises:
            DataError: The file is not an image, or is damaged.
        """
        try:
            with Image.open(Path(item)) as image:
                upright = ImageOps.exif_transpose(image)
                if "transparency" in upright.info:
                    upright = upright.convert("RGBA")
                rgb = upright.convert("RGB")
        except BROKEN_IMAGE as error:
            reason = " ".join(str(error).split())[:120] or type(error).__name__
            raise DataError(f"{item}: not an image that can be read ({reason}); replace the file.") from error
        return self.transform(rgb)

    def encode(self, prepared: Sequence[Tensor]) -> Tensor:
        parameter = next(self.parameters(), torch.empty(0))
        vectors: Tensor = self(torch.stack(list(prepared)).to(parameter.device))
        return vectors

    def forward(self, pixels: Tensor) -> Tensor:
        """Returns the vectors ``[B, D]`` of pixels ``[B, 3, H, W]``."""
        vectors: Tensor = self.network(pixels)
        return vectors

    def describe_preparation(self) -> str:
        """Returns the text of the transform, without the addresses that differ between runs."""
        described = repr(self.transform)
        return described.split(" at 0x")[0]

    def extra_repr(self) -> str:
        return f"{self.name!r}, dim={self.dim}"
