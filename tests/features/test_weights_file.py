from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from graphcascade.errors import DataError, MissingFileError
from graphcascade.features.weights_file import read_weights

WEIGHTS = {"layer.weight": torch.tensor([1.0, 2.0])}


class Attack:
    """A pickle that would write a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_weights_are_read_from_every_format(tmp_path: Path) -> None:
    save_file(WEIGHTS, tmp_path / "a.safetensors")
    torch.save(WEIGHTS, tmp_path / "b.pth")
    torch.save({"state_dict": WEIGHTS, "epoch": 3}, tmp_path / "c.pth")
    for path in tmp_path.iterdir():
        assert read_weights(path)["layer.weight"].tolist() == [1, 2]


def test_code_is_not_run(tmp_path: Path) -> None:
    torch.save({"layer.weight": Attack(tmp_path / "written")}, tmp_path / "a.pth")
    (tmp_path / "b.pth").write_bytes(pickle.dumps(Attack(tmp_path / "written")))
    for name in ("a.pth", "b.pth"):
        with pytest.raises(DataError, match=rf"{name}: not a safetensors file, or a file of torch\.save"):
            read_weights(tmp_path / name)
    assert not (tmp_path / "written").exists()


def test_wrong_files_raise_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"\xff" * 20)
    (tmp_path / "a.pth").write_bytes(b"text")
    for name in ("a.safetensors", "a.pth"):
        with pytest.raises(DataError, match="not a safetensors file"):
            read_weights(tmp_path / name)
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(DataError, match="must have tensors by name"):
        read_weights(tmp_path / "list.pth")
    with pytest.raises(MissingFileError, match="there is no such file"):
        read_weights(tmp_path / "none.pth")
