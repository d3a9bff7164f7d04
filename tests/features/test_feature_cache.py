from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from graphcascade.errors import DataError
from graphcascade.features import FeatureCache, feature_cache

KEYS = [bytes([number]) * 32 for number in range(4)]
VECTORS = torch.arange(8.0).view(4, 2)
IDENTITY = {"name": "tiny", "weights": "1"}


def filled(folder: Path) -> FeatureCache:
    cache = FeatureCache(folder, IDENTITY, dim=2)
    with cache.lock():
        cache.append(KEYS[:2], VECTORS[:2])
        cache.append(KEYS[2:], VECTORS[2:])
    return cache


def test_vectors_are_read_in_any_order(tmp_path: Path) -> None:
    filled(tmp_path)
    cache = FeatureCache(tmp_path, IDENTITY, dim=2)
    assert len(cache) == 4
    assert KEYS[3] in cache
    assert cache.read([KEYS[3], KEYS[0], KEYS[3]]).tolist() == [[6, 7], [0, 1], [6, 7]]
    assert cache.read([]).shape == (0, 2)


def test_rows_in_order_are_a_view_of_the_file(tmp_path: Path) -> None:
    cache = filled(tmp_path)
    vectors = cache.read(KEYS[1:])
    with (tmp_path / "vectors.f32").open("r+b") as file:
        file.seek(8)
        file.write(torch.tensor([9.0]).numpy().tobytes())
    assert vectors[0].tolist() == [9, 3]
    vectors += 1  # a private copy: the file stays
    assert FeatureCache(tmp_path, IDENTITY, dim=2).read([KEYS[3]]).tolist() == [[6, 7]]


@pytest.mark.parametrize("rest", [b"", b"\1" * 5, b"\1" * 13])
def test_leftovers_of_a_killed_run_are_overwritten(tmp_path: Path, rest: bytes) -> None:
    filled(tmp_path)
    with (tmp_path / "vectors.f32").open("ab") as file:
        file.write(rest)
    with (tmp_path / "keys.sha256").open("ab") as file:
        file.write(rest[:7])
    cache = FeatureCache(tmp_path, IDENTITY, dim=2)
    assert len(cache) == 4
    with cache.lock():
        cache.append([b"x" * 32], torch.tensor([[10.0, 11.0]]))
    cache = FeatureCache(tmp_path, IDENTITY, dim=2)
    assert cache.read([KEYS[3], b"x" * 32]).tolist() == [[6, 7], [10, 11]]
    assert (tmp_path / "vectors.f32").stat().st_size == 5 * 8


def test_a_process_reads_what_another_one_wrote(tmp_path: Path) -> None:
    first, second = (FeatureCache(tmp_path, IDENTITY, dim=2) for _ in range(2))
    with first.lock():
        first.append(KEYS[:1], VECTORS[:1])
    assert KEYS[0] not in second
    with second.lock():
        assert KEYS[0] in second
        second.append(KEYS[1:2], VECTORS[1:2])
    assert FeatureCache(tmp_path, IDENTITY, dim=2).read(KEYS[:2]).tolist() == [[0, 1], [2, 3]]


def test_the_cache_of_another_encoder_raises_an_error(tmp_path: Path) -> None:
    filled(tmp_path)
    with pytest.raises(DataError, match=r"'tiny', not of 'large' \(different: name\); choose another folder"):
        FeatureCache(tmp_path, {**IDENTITY, "name": "large"}, dim=2)
    with pytest.raises(DataError, match=r"\(different: weights\)"):
        FeatureCache(tmp_path, {**IDENTITY, "weights": "2"}, dim=2)
    with pytest.raises(DataError, match=r"\(different: dim\)"):
        FeatureCache(tmp_path, IDENTITY, dim=3)


def test_a_damaged_cache_raises_an_error(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "vectors.f32").write_bytes(bytes(31))
    with pytest.raises(DataError, match=r"vectors\.f32: damaged, 31 bytes of 32; delete the folder"):
        FeatureCache(tmp_path, IDENTITY, dim=2)
    (tmp_path / "vectors.f32").unlink()
    with pytest.raises(DataError, match=r"cannot be read \(No such file"):
        FeatureCache(tmp_path, IDENTITY, dim=2)
    manifest = tmp_path / "encoder.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "version": 9}))
    with pytest.raises(DataError, match="a cache of version 9"):
        FeatureCache(tmp_path, IDENTITY, dim=2)
    manifest.write_text("{")
    with pytest.raises(DataError, match=r"encoder\.json: damaged; delete the folder"):
        FeatureCache(tmp_path, IDENTITY, dim=2)
    manifest.unlink()
    with pytest.raises(DataError, match=r"without encoder\.json"):
        FeatureCache(tmp_path, IDENTITY, dim=2)


def test_many_vectors_in_another_order_are_mapped_from_an_ordered_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FeatureCache(tmp_path, IDENTITY, dim=2)
    with cache.lock():
        cache.append(KEYS, VECTORS)
    wanted = [KEYS[3], None, KEYS[0], KEYS[3]]
    expected = [[6, 7], [0, 0], [0, 1], [6, 7]]
    assert cache.read(wanted).tolist() == expected
    monkeypatch.setattr(feature_cache, "IN_MEMORY", 0)
    monkeypatch.setattr(feature_cache, "CHUNK", 3)
    files = sorted(tmp_path.iterdir())
    vectors = cache.read(wanted)
    assert vectors.tolist() == expected
    vectors += 1
    assert cache.read(KEYS).equal(VECTORS)
    assert sorted(tmp_path.iterdir()) == files
    assert cache.read([None, None]).tolist() == [[0, 0], [0, 0]]


def test_half_precision_takes_half_the_space_and_a_cache_of_its_own(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, {"name": "mean colour"}, dim=2, half=True)
    with cache.lock():
        cache.append([bytes(32)], torch.tensor([[1.0, 0.1]]))
    assert (tmp_path / "vectors.f16").stat().st_size == 4
    vectors = FeatureCache(tmp_path, {"name": "mean colour"}, dim=2, half=True).read([bytes(32)])
    assert vectors.dtype == torch.float16
    assert vectors.equal(torch.tensor([[1.0, 0.1]]).half())
    with pytest.raises(DataError, match=r"\(different: precision\)"):
        FeatureCache(tmp_path, {"name": "mean colour"}, dim=2)
