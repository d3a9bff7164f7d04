from __future__ import annotations

from pathlib import Path

import pytest
import torch

from graphcascade.errors import DataError, DownloadError, MissingFileError
from graphcascade.features import compute_features, load_image_encoder, load_text_encoder
from tests.features.tiny_clip import layers, save_tiny_clip, save_tokenizer, transformers

TEXTS = ["a dog and a cat", "the dog", "a house by the lake, in the evening", ""]


def test_vectors_of_clip_are_those_of_its_projection(tmp_path: Path) -> None:
    network = save_tiny_clip(tmp_path / "clip", TEXTS)
    encoder = load_text_encoder(str(tmp_path / "clip"))
    assert (encoder.name, encoder.dim) == ("clip", 8)
    vectors, _ = compute_features(encoder, TEXTS, tmp_path / "cache", batch_size=2)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "clip")
    with torch.inference_mode():
        for text, vector in zip(TEXTS[:3], vectors, strict=False):  # one by one: there is no padding
            state = network.text_model(**tokenizer(text, return_tensors="pt")).pooler_output
            torch.testing.assert_close(vector, network.text_projection(state)[0].clone(), rtol=1e-4, atol=1e-5)
    assert not vectors[3].any()
    assert load_text_encoder(str(tmp_path / "clip")).identity() == encoder.identity()
    assert load_image_encoder(str(tmp_path / "clip")).dim == 8  # the same folder encodes images


def test_vectors_of_bert_are_means_over_the_tokens(tmp_path: Path) -> None:
    tokenizer = save_tokenizer(tmp_path, TEXTS)
    network = transformers.BertModel(transformers.BertConfig(**layers(8), vocab_size=len(tokenizer))).eval()
    network.save_pretrained(tmp_path)
    encoder = load_text_encoder(str(tmp_path))
    vectors = encoder.encode([encoder.prepare(text) for text in TEXTS[:3]])
    for text, vector in zip(TEXTS, vectors, strict=False):
        states = network(**tokenizer(text, return_tensors="pt")).last_hidden_state
        torch.testing.assert_close(vector, states[0].mean(0), rtol=1e-4, atol=1e-5)


def test_long_texts_are_cut_and_odd_characters_are_replaced(tmp_path: Path) -> None:
    save_tiny_clip(tmp_path, TEXTS)
    encoder = load_text_encoder(str(tmp_path))
    tokens = encoder.prepare("dog " * 100)
    assert len(tokens) == 32
    assert tokens[-1] == 1  # the end of the text, whose state is the vector
    assert encoder.encode([encoder.prepare("\ud800 \U0001f436")]).isfinite().all()


def test_swin_encodes_images_by_the_same_door(tmp_path: Path, images: list[str]) -> None:
    config = transformers.SwinConfig(
        image_size=16, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[1, 2], window_size=2
    )
    transformers.SwinModel(config).save_pretrained(tmp_path / "swin")
    transformers.ViTImageProcessor(size={"height": 16, "width": 16}).save_pretrained(tmp_path / "swin")
    vectors, _ = compute_features(load_image_encoder(str(tmp_path / "swin")), images)
    assert vectors.shape == (5, 16)
    assert (vectors[0] - vectors[4]).abs().max() > 1e-3


def test_other_folders_and_names_raise_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        MissingFileError, match=r"not on this machine .*give the folder of its files, or download it with"
    ) as one:
        load_text_encoder("somebody/no-such-network")
    assert "\n" not in str(one.value)
    monkeypatch.setattr(
        transformers.AutoTokenizer, "from_pretrained", lambda *_, **__: (_ for _ in ()).throw(OSError("no\nconnection"))
    )
    with pytest.raises(DownloadError, match=r"somebody/net: cannot be read or downloaded \(no connection\)\.$"):
        load_text_encoder("somebody/net", download=True)


def test_an_empty_folder_and_files_of_two_encoders_raise_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises((DataError, MissingFileError), match="empty: not "):
        load_text_encoder(str(tmp_path / "empty"))
    save_tiny_clip(tmp_path / "clip", TEXTS[:1])
    save_tokenizer(tmp_path / "clip", [*TEXTS, "many other words, of which the network knows nothing at all"])
    with pytest.raises(DataError, match=r"encoder clip: its tokenizer has .* tokens, the network .*of two encoders"):
        load_text_encoder(str(tmp_path / "clip"))
