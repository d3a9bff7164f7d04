from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from graphcascade.errors import DataError, DownloadError, MissingFileError, UsageError
from graphcascade.features import compute_features, load_image_encoder
from graphcascade.features.torchvision_networks import missing_package, remove_last_layer

try:
    from torchvision import models
except (ImportError, RuntimeError):  # RuntimeError: torchvision was built for another torch
    models = None
needs_torchvision = pytest.mark.skipif(models is None, reason="torchvision cannot be imported")

NAME = "shufflenet_v2_x0_5"  # the smallest network of torchvision with a linear layer at its end: 1.4 million weights


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return models.get_model(NAME, weights=None).eval()


@pytest.fixture
def empty_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as torch's cache of published weights."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    return tmp_path / "hub" / "checkpoints"


def test_the_last_linear_layer_is_removed() -> None:
    layers = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Sequential(nn.Dropout(), nn.Linear(3, 9)))
    x = torch.randn(4, 2)
    expected = layers[:2](x)
    assert remove_last_layer(layers.eval(), "tiny") == "2.1"
    torch.testing.assert_close(layers(x), expected)
    with pytest.raises(UsageError, match="name='flat': has no linear layer at its end"):
        remove_last_layer(nn.Sequential(nn.Flatten()), "flat")


def test_the_error_for_a_torchvision_that_does_not_fit_names_the_version_of_torch() -> None:
    error = missing_package("torchvision", RuntimeError("operator torchvision::nms does not exist"))
    assert (
        f"(operator torchvision::nms does not exist); install the torchvision that fits torch {torch.__version__}"
        in (str(error))
    )
    assert "pip install 'graphcascade[vision]'" in str(missing_package("torchvision", ModuleNotFoundError()))


@needs_torchvision
@pytest.mark.parametrize("ending", ["safetensors", "pth"])
def test_weights_are_read_from_a_file(network: nn.Module, images: list[str], tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"weights.{ending}"
    if ending == "safetensors":
        save_file(network.state_dict(), path)
    else:
        torch.save(network.state_dict(), path)
    state = torch.random.get_rng_state()
    encoder = load_image_encoder(NAME, weights=path)
    assert torch.equal(torch.random.get_rng_state(), state)
    vectors, _ = compute_features(encoder, images, tmp_path / "cache", batch_size=2)
    assert vectors.shape == (5, 1024)
    with torch.inference_mode():  # the removed layer maps the vectors to the classes of the whole network
        classes = network(torch.stack([encoder.prepare(path) for path in images]))
        torch.testing.assert_close(network.fc(vectors.clone()), classes, rtol=1e-3, atol=1e-4)
    assert load_image_encoder(NAME, weights=path).identity() == encoder.identity()


@needs_torchvision
def test_other_classes_make_no_difference(network: nn.Module, tmp_path: Path) -> None:
    weights = {key: value for key, value in network.state_dict().items() if not key.startswith("fc.")}
    save_file({**weights, "fc.weight": torch.zeros(3, 1024), "fc.bias": torch.zeros(3)}, tmp_path / "a.safetensors")
    assert load_image_encoder(NAME, weights=tmp_path / "a.safetensors").dim == 1024


@needs_torchvision
def test_weights_of_another_network_raise_an_error(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "a.safetensors")
    with pytest.raises(DataError, match=rf"a\.safetensors: not the weights of {NAME} \(Error\(s\) in loading"):
        load_image_encoder(NAME, weights=tmp_path / "a.safetensors")


@needs_torchvision
def test_published_weights_are_downloaded_only_on_request(
    network: nn.Module, empty_hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are taken from torch's cache, and downloaded only on request."""
    message = r"not on this machine .* give their file as the weights, .* \(5 MB\) with download=True"
    with pytest.raises(MissingFileError, match=message):
        load_image_encoder(NAME)
    requested = []

    def download(url: str, path: str, hash_prefix: str) -> None:
        requested.append((url.rpartition("/")[2], hash_prefix))
        torch.save(network.state_dict(), path)

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    assert load_image_encoder(NAME, download=True).dim == 1024
    assert requested == [("shufflenetv2_x0.5-f707e7126e.pth", "f707e7126e")]
    assert load_image_encoder(NAME).dim == 1024
    assert load_image_encoder(NAME, weights="IMAGENET1K_V1").dim == 1024
    assert len(requested) == 1


@needs_torchvision
def test_a_failed_download_raises_an_error(empty_hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(url: str, path: str, hash_prefix: str) -> None:
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(DownloadError, match=r"cannot be downloaded from https.*no route to host.*; put the file at"):
        load_image_encoder(NAME, download=True)


@needs_torchvision
@pytest.mark.slow
def test_vgg16_gives_fc7(images: list[str], tmp_path: Path) -> None:
    """The vectors are the activations behind the 15th layer with weights, computed layer by layer."""
    network = models.vgg16(weights=None).eval()
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    assert layers[14] is network.classifier[3]
    save_file(network.state_dict(), tmp_path / "vgg16.safetensors")
    encoder = load_image_encoder("vgg16", weights=tmp_path / "vgg16.safetensors")
    assert encoder.dim == 4096
    with torch.inference_mode():
        pixels = encoder.prepare(images[2])[None]
        fc6 = network.classifier[0](network.avgpool(network.features(pixels)).flatten(1)).relu()
        torch.testing.assert_close(encoder(pixels), network.classifier[3](fc6).relu())
