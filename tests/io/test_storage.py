from __future__ import annotations

import errno
import json
import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch_geometric.data import Data

from graphcascade.data import CascadeTable, Repairs
from graphcascade.data.cascades.users import in_time_unit
from graphcascade.errors import DataError, MissingFileError, StorageError
from graphcascade.io import from_pandas, load_manifest, load_table, save_table
from graphcascade.io.storage import read_tensors, write_tensors

MANIFEST = {"checksums": {"a.txt": "ab12"}, "configuration": {"users": "all"}, "reading": 3}


@pytest.fixture
def table() -> CascadeTable:
    frame = pd.DataFrame(
        {
            "user": ["ann", "bób", "ann"],
            "item": ["x", "x", "y"],
            "time": [0.1, 1084631430.3333333, 2.0],
            "parent": [None, "ann", None],
        }
    )
    follow = Data(edge_index=torch.tensor([[0], [1]]), num_nodes=2)
    true = Data(
        edge_index=torch.tensor([[0, 1], [1, 0]]),
        edge_weight=torch.tensor([0.5, 0.25]),
        block=torch.tensor([[1, 2], [3, 4]], dtype=torch.int8),
        num_nodes=2,
    )
    return replace(
        from_pandas(frame, time_unit="h", name="mine").table,
        part=torch.tensor([0, 2], dtype=torch.int8),
        times_absolute=False,
        times_are_dates=True,
        follow_graph=follow,
        true_graph=true,
        follow_edges_outside=7,
        repairs=Repairs(1, 2, 3, 4),
    )


def assert_same(left: CascadeTable, right: CascadeTable) -> None:
    for name in ("user", "time", "ptr", "item", "parent", "part"):
        one, other = getattr(left, name), getattr(right, name)
        assert (one is None) == (other is None), name
        assert one is None or (one.dtype == other.dtype and torch.equal(one, other)), name
    for name in ("follow_graph", "true_graph"):
        one, other = getattr(left, name), getattr(right, name)
        assert (one is None) == (other is None), name
        if one is not None:
            assert one.num_nodes == other.num_nodes
            assert set(one.keys()) == set(other.keys())
            for key in one.keys():  # noqa: SIM118
                value = one[key]
                assert torch.equal(value, other[key]) if isinstance(value, torch.Tensor) else value == other[key]
    for name in ("user_ids", "item_ids"):
        one, other = getattr(left, name), getattr(right, name)
        assert other.dtype == object
        assert one.tolist() == other.tolist()
    for name in ("time_unit", "times_absolute", "times_are_dates", "follow_edges_outside", "repairs", "name"):
        assert getattr(left, name) == getattr(right, name), name


def test_a_table_that_was_written_is_read_again(table: CascadeTable, tmp_path: Path) -> None:
    path = tmp_path / "new" / "cascades.safetensors"
    save_table(table, path, MANIFEST)
    assert_same(table, load_table(path))
    assert load_manifest(path) == MANIFEST
    assert os.listdir(path.parent) == ["cascades.safetensors"]


def test_fields_that_are_not_set_stay_unset(table: CascadeTable, tmp_path: Path) -> None:
    bare = replace(table, parent=None, part=None, time_unit=None, follow_graph=None, true_graph=None)
    save_table(bare, tmp_path / "file", {})
    assert_same(bare, load_table(tmp_path / "file"))


def test_one_graph_may_be_the_follow_graph_and_the_true_graph(table: CascadeTable, tmp_path: Path) -> None:
    shared = replace(table, follow_graph=table.true_graph)
    save_table(shared, tmp_path / "file", {})
    assert_same(shared, load_table(tmp_path / "file"))


def test_tensors_may_be_views_of_others(table: CascadeTable, tmp_path: Path) -> None:
    wide = torch.arange(6, dtype=torch.float64).view(3, 2)
    view = replace(table, time=wide[:, 0], user=torch.tensor([[0, 1], [1, 0], [0, 1]])[:, 0])
    save_table(view, tmp_path / "file", {})
    assert_same(view, load_table(tmp_path / "file"))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_a_truncated_file_raises_an_error(table: CascadeTable, tmp_path: Path, share: float) -> None:
    path = tmp_path / "cascades.safetensors"
    save_table(table, path, MANIFEST)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    for load in (load_table, load_manifest):
        with pytest.raises(DataError, match=r"cascades.safetensors: .*not a complete .*create it again") as caught:
            load(path)
        assert "\n" not in str(caught.value)


def rewrite(path: Path, change: Any) -> None:
    tensors = safetensors.torch.load_file(path)
    change(tensors)
    safetensors.torch.save_file(tensors, path)


def test_a_foreign_file_raises_an_error(table: CascadeTable, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(DataError, match="create it again"):
        load_table(path)
    safetensors.torch.save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(DataError, match="create it again"):
        load_table(path)
    for text in (b"not json", b"[]", b"{}", b'{"version": 1, "content": {"manifest": {}}}', b"\xff"):
        save_table(table, path, MANIFEST, overwrite=True)
        encoded = torch.from_numpy(np.frombuffer(text, dtype=np.uint8).copy())
        rewrite(path, lambda tensors, encoded=encoded: tensors.update(graphcascade=encoded))
        with pytest.raises(DataError, match="create it again"):
            load_table(path)


@pytest.mark.parametrize("name", ["user", "ptr"])
def test_a_tensor_is_missing(table: CascadeTable, tmp_path: Path, name: str) -> None:
    save_table(table, tmp_path / "file", MANIFEST)
    rewrite(tmp_path / "file", lambda tensors: tensors.pop(name))
    with pytest.raises(DataError, match=r"not a complete .*create it again"):
        load_table(tmp_path / "file")


def test_a_file_of_another_version_raises_an_error(table: CascadeTable, tmp_path: Path) -> None:
    path = tmp_path / "file"
    save_table(table, path, MANIFEST)

    def age(tensors: dict[str, torch.Tensor]) -> None:
        about = json.loads(tensors["graphcascade"].numpy().tobytes())
        about["version"] = 0
        tensors["graphcascade"] = torch.from_numpy(np.frombuffer(json.dumps(about).encode(), dtype=np.uint8).copy())

    rewrite(path, age)
    with pytest.raises(DataError, match=r"file: written in version 0 of the format; .* version 1"):
        load_manifest(path)


def test_a_file_that_is_not_there_raises_an_error(tmp_path: Path) -> None:
    for load in (load_table, load_manifest):
        with pytest.raises(MissingFileError, match="nothing: there is no such file"):
            load(tmp_path / "nothing")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_raises_an_error_and_keeps_the_old_file(
    table: CascadeTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    path = tmp_path / "file"
    save_table(table, path, MANIFEST)
    before = path.read_bytes()
    monkeypatch.setattr("graphcascade.io.storage.save_file", refuse)
    with pytest.raises(StorageError, match=r"file: .*(full|No space left)") as caught:
        save_table(table, path, {}, overwrite=True)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("graphs", [1]),
        ("graphs", {"follow_graph": "2"}),
        ("graphs", {"other": 2}),
        ("user_ids", "ann"),
        ("user_ids", ["ann", 7]),
        ("item_ids", {}),
        ("time_unit", "fortnight"),
        ("times_absolute", 1),
        ("times_are_dates", 1),
        ("follow_edges_outside", -1),
        ("repairs", {"reordered_cascades": "1"}),
        ("repairs", {"other": 1}),
        ("delays", 1),
        ("horizon", 3),
        ("horizon", "soon"),
        ("dropped", None),
        ("name", ["mine"]),
        ("manifest", 1),
    ],
)
def test_a_field_of_another_type_raises_an_error(table: CascadeTable, tmp_path: Path, field: str, value: Any) -> None:
    path = tmp_path / "file"
    save_table(table, path, MANIFEST)

    def change(tensors: dict[str, torch.Tensor]) -> None:
        about = json.loads(tensors["graphcascade"].numpy().tobytes())
        about["content"][field] = value
        tensors["graphcascade"] = torch.from_numpy(np.frombuffer(json.dumps(about).encode(), dtype=np.uint8).copy())

    rewrite(path, change)
    with pytest.raises(DataError, match=r"file: not a complete file of graphcascade .*create it again"):
        load_manifest(path) if field == "manifest" else load_table(path)


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("user", torch.tensor([0, 1, 2])),
        ("user", torch.tensor([0, -1, 0])),
        ("user", torch.tensor([0.0, 1.0, 0.0])),
        ("user", torch.tensor([[0, 1, 0]])),
        ("time", torch.tensor([0.0, 1.0], dtype=torch.float64)),
        ("time", torch.tensor([0.0, torch.nan, 1.0], dtype=torch.float64)),
        ("ptr", torch.tensor([0, 2, 4])),
        ("ptr", torch.tensor([0, 0, 3])),
        ("item", torch.tensor([0, 2])),
        ("parent", torch.tensor([0, 2, 0])),
        ("part", torch.tensor([0, 2])),
        ("follow_graph.edge_index", torch.tensor([[0], [2]])),
        ("follow_graph.edge_index", torch.tensor([0, 1])),
    ],
)
def test_an_inconsistent_tensor_raises_an_error(
    table: CascadeTable, tmp_path: Path, name: str, tensor: torch.Tensor
) -> None:
    path = tmp_path / "file"
    save_table(table, path, MANIFEST)
    rewrite(path, lambda tensors: tensors.update({name: tensor}))
    with pytest.raises(DataError, match=rf"not a complete .*'{name.partition('.')[0]}'.*create it again"):
        load_table(path)


def test_older_files_do_not_say_whether_times_are_dates(table: CascadeTable, tmp_path: Path) -> None:
    save_table(table, tmp_path / "new", MANIFEST)
    tensors, description = read_tensors(tmp_path / "new", 1)
    del description["times_are_dates"]
    write_tensors(tmp_path / "old", tensors, description, 1)
    assert not load_table(tmp_path / "old").times_are_dates


def test_views_remember_that_times_are_dates() -> None:
    frame = pd.DataFrame({"user": list("abcd"), "item": list("xxyy"), "time": ["1970-01-02T00:00Z"] * 4})
    dates = from_pandas(frame)
    assert [dates.table.times_are_dates, dates[1:].table.times_are_dates] == [True, True]
    assert in_time_unit(dates, "h").table.times_are_dates
    for unit in ("s", None):
        assert not from_pandas(frame.assign(time=86400), time_unit=unit).table.times_are_dates


@pytest.mark.parametrize(
    "content",
    [
        (2**62).to_bytes(8, "little") + b"{",
        (2**31).to_bytes(8, "little") + b"{" + b" " * 100,
        pickle.dumps({"weight": [1.0, 2.0]}),
        b"PK\x03\x04" + bytes(100),
        *(
            len(header).to_bytes(8, "little") + header
            for header in (
                b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}',
                b'{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4]}}    ',
                b'{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,4]}}',
                b'{"__metadata__":' + b'{"a":' * 2000,
            )
        ),
    ],
)
def test_a_file_that_declares_more_than_it_has_raises_an_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.safetensors"
    path.write_bytes(content)
    for read in (load_table, load_manifest):
        with pytest.raises(DataError, match=r"file.safetensors: not a complete file of graphcascade"):
            read(path)
