from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.features import compute_features, load_image_encoder

try:
    import transformers
except (ImportError, RuntimeError):  # RuntimeError: torchvision was built for another torch
    pytest.skip("transformers cannot be imported", allow_module_level=True)

LAYERS = {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
PIXELS = {"image_size": 16, "patch_size": 8}


@pytest.fixture
def processor(tmp_path: Path) -> transformers.CLIPImageProcessor:
    return transformers.CLIPImageProcessor(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})


@pytest.fixture
def clip(tmp_path: Path, processor: transformers.CLIPImageProcessor) -> tuple[transformers.CLIPModel, str]:
    """A tiny CLIP and the folder that it is saved in."""
    torch.manual_seed(0)
    config = transformers.CLIPConfig(
        text_config={**LAYERS, "vocab_size": 10}, vision_config={**LAYERS, **PIXELS}, projection_dim=6
    )
    network = transformers.CLIPModel(config).eval()
    network.save_pretrained(tmp_path / "clip")
    processor.save_pretrained(tmp_path / "clip")
    return network, str(tmp_path / "clip")


def test_vectors_of_clip_are_those_of_its_projection(
    clip: tuple[transformers.CLIPModel, str],
    processor: transformers.CLIPImageProcessor,
    images: list[str],
    tmp_path: Path,
) -> None:
    network, folder = clip
    encoder = load_image_encoder(folder)
    assert encoder.name == "clip"
    vectors, _ = compute_features(encoder, images, tmp_path / "cache", batch_size=2)
    pixels = processor(images=[Image.open(path) for path in images], return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        expected = network.visual_projection(network.vision_model(pixel_values=pixels).pooler_output)
    torch.testing.assert_close(vectors, expected.clone(), rtol=1e-4, atol=1e-5)
    assert load_image_encoder(folder).identity() == encoder.identity()


def test_pooling_layer_without_weights_is_not_used(
    processor: transformers.CLIPImageProcessor, images: list[str], tmp_path: Path
) -> None:
    """Classifiers have no pooling layer, and transformers would draw one at random."""
    torch.manual_seed(0)
    network = transformers.ViTForImageClassification(transformers.ViTConfig(**LAYERS, **PIXELS)).eval()
    network.save_pretrained(tmp_path / "vit")
    processor.save_pretrained(tmp_path / "vit")
    encoder = load_image_encoder(str(tmp_path / "vit"))
    pixels = torch.stack([encoder.prepare(path) for path in images])
    with torch.inference_mode():
        states = network.vit(pixel_values=pixels).last_hidden_state
        torch.testing.assert_close(encoder(pixels), states.mean(1), rtol=1e-4, atol=1e-5)
    assert load_image_encoder(str(tmp_path / "vit")).identity() == encoder.identity()


def test_missing_weights_raise_an_error(clip: tuple[transformers.CLIPModel, str]) -> None:
    network, folder = clip
    state = {key: value for key, value in network.state_dict().items() if "visual_projection" not in key}
    network.save_pretrained(folder, state_dict=state)
    with pytest.raises(DataError, match=r"1 weights are missing from its files, such as visual_projection\.weight"):
        load_image_encoder(folder)


def test_wrong_folders_raise_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="not on this machine as an encoder of transformers"):
        load_image_encoder(str(tmp_path))
    with pytest.raises(MissingFileError, match=r"'somebody/no-such-network'\); give .*download it with download=True"):
        load_image_encoder("somebody/no-such-network")
    with pytest.raises(UsageError, match=r"weights='a\.pth': .* is an encoder of transformers"):
        load_image_encoder(str(tmp_path), weights="a.pth")
