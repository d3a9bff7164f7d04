from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from graphcascade.errors import DataError, MissingFileError
from graphcascade.features import ImageEncoder


def to_two_pixels(image: Image.Image) -> torch.Tensor:
    colours = [image.getpixel(place) for place in ((0, 0), (image.width - 1, 0))]
    return torch.tensor(colours, dtype=torch.float32).t()[:, None]  # [3, 1, 2]


@pytest.fixture
def encoder() -> ImageEncoder:
    return ImageEncoder(nn.Flatten(), to_two_pixels, "two pixels")


def test_hash_is_that_of_the_file(encoder: ImageEncoder, images: list[str], tmp_path: Path) -> None:
    assert encoder.hash_content(images[0]) == hashlib.sha256(Path(images[0]).read_bytes()).digest()
    with pytest.raises(MissingFileError, match="there is no such file"):
        encoder.hash_content(str(tmp_path / "none.png"))


def test_images_of_every_mode_become_rgb(encoder: ImageEncoder, tmp_path: Path) -> None:
    """Grey, palette and transparent images become RGB."""
    for mode, colour in (("L", 7), ("1", 1), ("P", 3), ("RGBA", (1, 2, 3, 0)), ("CMYK", (0, 0, 0, 0)), ("I;16", 9)):
        path = tmp_path / f"{mode[0]}.{'tiff' if mode in ('CMYK', 'I;16') else 'png'}"
        Image.new(mode, (5, 4), colour).save(path, **({"transparency": b"\0\1\2\3"} if mode == "P" else {}))
        assert encoder.prepare(str(path)).shape == (3, 1, 2)
    assert encoder.prepare(str(tmp_path / "L.png")).flatten().tolist() == [7] * 6


def test_photographs_are_turned_upright(encoder: ImageEncoder, tmp_path: Path) -> None:
    image = Image.new("RGB", (2, 1), (255, 0, 0))
    image.putpixel((1, 0), (0, 0, 255))
    exif = Image.Exif()
    exif[0x0112] = 2  # mirrored
    image.save(tmp_path / "mirrored.png", exif=exif)
    assert encoder.prepare(str(tmp_path / "mirrored.png"))[:, 0].tolist() == [[0, 255], [0, 0], [255, 0]]


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n" + bytes(40), b"GIF89a" + bytes(3)])
def test_a_broken_file_raises_an_error(encoder: ImageEncoder, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"broken\.png: not an image that can be read \(.*\); replace the file"):
        encoder.prepare(str(path))


def test_network_must_give_vectors() -> None:
    with pytest.raises(DataError, match=r"encoder flat: must give vectors of shape \[1, D\] .*, gave \[1, 3, 1, 2\]"):
        ImageEncoder(nn.Identity(), to_two_pixels, "flat")


def test_identity_depends_on_weights_and_transform() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(6, 2))
    encoder = ImageEncoder(network, to_two_pixels, "linear")
    before = encoder.identity()
    assert before == ImageEncoder(network, to_two_pixels, "linear").identity()
    other = ImageEncoder(network, lambda image: to_two_pixels(image), "linear").identity()
    assert other["preparation"] != before["preparation"]
    with torch.no_grad():
        network[1].bias[0] += 1
    assert encoder.identity()["weights"] != before["weights"]


def test_gradients_reach_the_network(images: list[str]) -> None:
    encoder = ImageEncoder(nn.Sequential(nn.Flatten(), nn.Linear(6, 2)), to_two_pixels, "linear")
    encoder.encode([encoder.prepare(path) for path in images]).sum().backward()
    assert encoder.network[1].bias.grad.tolist() == [5, 5]
