"""A prepared log is the same dataset as the log read in memory, for every format, repair and error."""

from __future__ import annotations

import gzip
import json
import logging
import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError, GraphCascadeError, MissingFileError, StorageError, UsageError
from graphcascade.io import cascade_writer, growing_ids, open_prepared, prepare_cascades, read_cascades
from graphcascade.io import prepare as module
from graphcascade.loader import CascadeLoader

ROW = st.tuples(
    st.sampled_from(["a", "b", "c", " d", "12.0", "12", "x\0y", ""]),
    st.sampled_from(["p", "q", "r", "7.0", "7", ""]),
    st.sampled_from(["0", "1", "2.5", "3", "-1", "nan", "soon", "", "1e17"]),
)
CLEAN_ROW = st.tuples(st.sampled_from("abcdef"), st.sampled_from("pqr"), st.integers(0, 9).map(str))
DATES = st.sampled_from(["03/04/2024", "13/04/2024", "04/15/2024", "2024-05-01T10:00Z", "17", "", "1960-01-01"])


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 2)
    monkeypatch.setattr(module, "PARTITION", 3)
    monkeypatch.setattr(cascade_writer, "BLOCK", 4)
    monkeypatch.setattr(growing_ids, "PENDING", 3)


def outcome(function: Any, *arguments: Any, **options: Any) -> CascadeDataset | str:
    try:
        result: CascadeDataset = function(*arguments, **options)
    except GraphCascadeError as error:
        return str(error)
    return result


def assert_same(path: Path, folder: Path, **options: Any) -> CascadeDataset | str:
    """Checks that both ways of reading give the same dataset or the same error, and returns it."""
    expected = outcome(read_cascades, path, **options)
    prepared = outcome(prepare_cascades, path, folder, overwrite=True, **options)
    if isinstance(expected, str) or isinstance(prepared, str):
        assert prepared == expected
        return prepared
    for result in (prepared, open_prepared(folder), read_cascades(folder)):
        table, other = result.table, expected.table
        for name in ("user", "time", "ptr", "item", "fingerprint"):
            assert torch.equal(getattr(table, name), getattr(other, name)), name
        assert (table.parent is None) == (other.parent is None)
        if table.parent is not None and other.parent is not None:
            assert torch.equal(table.parent, other.parent)
        assert table.user_ids.tolist() == other.user_ids.tolist()
        assert table.item_ids.tolist() == other.item_ids.tolist()
        for name in ("time_unit", "times_absolute", "times_are_dates", "repairs", "name"):
            assert getattr(table, name) == getattr(other, name), name
        assert result.describe().equals(expected.describe())
    return prepared


def write_csv(path: Path, rows: list[tuple[str, ...]], header: str = "user,item,time") -> Path:
    path.write_text("\n".join([header, *map(",".join, rows)]) + "\n")
    return path


@settings(max_examples=25)
@given(rows=st.lists(ROW, max_size=8), drop=st.booleans())
def test_rows_of_any_kind(rows: list[tuple[str, str, str]], drop: bool, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("log")
    path = write_csv(folder / "log.csv", rows)
    assert_same(path, folder / "out", on_error="drop" if drop else "stop")


@settings(max_examples=15)
@given(rows=st.lists(CLEAN_ROW, min_size=1, max_size=30))
def test_order_and_repeats(rows: list[tuple[str, str, str]], tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("log")
    result = assert_same(write_csv(folder / "log.csv", rows), folder / "out", time_unit="h")
    assert isinstance(result, CascadeDataset)
    pd.DataFrame(rows, columns=["user", "item", "time"]).astype({"time": float}).to_parquet(folder / "log.parquet")
    assert isinstance(assert_same(folder / "log.parquet", folder / "out"), CascadeDataset)


@settings(max_examples=25)
@given(times=st.lists(DATES, min_size=1, max_size=7), drop=st.booleans(), unit=st.sampled_from([None, "s"]))
def test_dates_show_their_form_in_any_portion(
    times: list[str], drop: bool, unit: str | None, tmp_path_factory: Any
) -> None:
    folder = tmp_path_factory.mktemp("log")
    rows = [(f"u{number}", "p", time) for number, time in enumerate(times)]
    path = write_csv(folder / "log.csv", rows)
    assert_same(path, folder / "out", on_error="drop" if drop else "stop", time_unit=unit)


@settings(max_examples=25)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "1.0", "2.0"]),
            st.sampled_from(["p", "q"]),
            st.sampled_from(["0", "1", "x"]),
            st.sampled_from(["k", "l", ""]),
            st.sampled_from(["", "", "a", "1.0", "9.0", "z"]),
        ),
        min_size=1,
        max_size=8,
    ),
    drop=st.booleans(),
)
def test_cascades_and_parents(rows: list[tuple[str, ...]], drop: bool, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("log")
    path = write_csv(folder / "log.csv", rows, "user,item,time,cascade,parent")
    expected = outcome(read_cascades, path, on_error="drop" if drop else "stop")
    if isinstance(expected, str) and "no earlier event" in expected:  # which of several such events is named differs
        with pytest.raises(DataError, match="no earlier event"):
            prepare_cascades(path, folder / "out", on_error="drop" if drop else "stop")
    else:
        assert_same(path, folder / "out", on_error="drop" if drop else "stop")
    assert_same(path, folder / "out", on_error="drop", parent="none")


def jsonl(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


VALUES = st.sampled_from([1, 1.0, "1.0", "a", None, {"id": "a"}, {"id": 2}, 2**60])


@settings(max_examples=25)
@given(
    rows=st.lists(
        st.one_of(
            st.fixed_dictionaries(
                {"time": st.sampled_from([0, "1", 2.5, None])},
                optional={"user": VALUES, "item": VALUES, "cascade": VALUES, "parent": VALUES},
            ),
            st.just("{broken"),
        ),
        min_size=1,
        max_size=8,
    ),
    user=st.sampled_from(["user", "user.id"]),
)
def test_objects_with_any_fields(rows: list[Any], user: str, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("log")
    path = jsonl(folder / "log.jsonl", rows)
    expected = outcome(read_cascades, path, on_error="drop", user=user)
    if isinstance(expected, str) and ("no earlier event" in expected or "there is no column" in expected):
        with pytest.raises(DataError, match="no earlier event" if "no earlier" in expected else "there is no column"):
            prepare_cascades(path, folder / "out", on_error="drop", user=user)
    else:
        assert_same(path, folder / "out", on_error="drop", user=user)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("quoted.csv", 'user,item,time\n"a, b",p,1\n"c\nd",p,2\ne,p,0\n'),
        ("semicolons.csv", "user;item;time\na;p;2024-01-02\nb;p;2023-01-02\nc;q;2023-01-05\n"),
        ("wide.csv", "user,item,time\na,p,1,9\nb,p,2\nc,p,3\n"),
        ("empty.csv", "user,item,time\n"),
        ("nothing.csv", ""),
        ("names.csv", "who,item,time\na,p,1\n"),
        ("old.csv", "user,item,time\na,p,1066-10-14\nb,p,2024-05-01\n"),
        ("placeholder.csv", "user,item,time\na,p,1700000000\nb,p,1700000001\nc,p,1700000005\nd,p,0\n"),
        ("cascades.txt", "a,1 b,2 c,3\nd,5 a,7\n"),
    ],
)
def test_files_of_any_kind(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert_same(path, tmp_path / "out")
    assert_same(path, tmp_path / "out", **({} if name.endswith(".txt") else {"on_error": "drop"}))


def test_compressed_and_parquet_with_dates(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "log.csv.gz", "wt") as file:
        file.write("user,item,time\n" + "".join(f"u{k % 5},p{k % 3},{k}\n" for k in range(40)))
    assert_same(tmp_path / "log.csv.gz", tmp_path / "out")
    frame = pd.DataFrame({"user": [3, 1, 2, 1], "item": [7, 7, 8, 8]})
    frame["time"] = pd.to_datetime(["2024-01-03", "2024-01-01", "2024-01-02", "2024-01-05"])
    frame.to_parquet(tmp_path / "dates.parquet")
    result = assert_same(tmp_path / "dates.parquet", tmp_path / "out")
    assert isinstance(result, CascadeDataset)
    assert result.time_unit == "s"


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl", "log.parquet"])
def test_a_log_whose_rows_are_all_alike_is_read_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = pd.DataFrame({"user": list("abcab"), "item": list("pqppq"), "time": [1.0, 2.0, 3.0, 4.0, 5.0]})
    frame.to_csv(tmp_path / "log.csv", index=False)
    frame.to_json(tmp_path / "log.jsonl", orient="records", lines=True)
    frame.to_parquet(tmp_path / "log.parquet")
    readings = []
    read = module.read_portions
    monkeypatch.setattr(module, "read_portions", lambda *given, **named: readings.append(1) or read(*given, **named))
    assert_same(tmp_path / name, tmp_path / "out")
    assert len(readings) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    pipe = tmp_path / "log"
    os.mkfifo(pipe)
    text = "user,item,time\na,p,1\nb,p,2\nc,q,1\na,q,3\n"
    writer = threading.Thread(target=pipe.write_text, args=(text,))
    writer.start()
    prepared = prepare_cascades(pipe, tmp_path / "out", format="csv")
    writer.join()
    assert [prepared[k].num_nodes for k in range(len(prepared))] == [2, 2]


def test_invalid_rows_are_listed_in_a_file(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "log.csv", [("a", "p", "1"), ("b", "p", "x"), ("", "p", "2"), ("c", "p", "")] * 8)
    for name, function in (("memory", read_cascades), ("portions", prepare_cascades)):
        folder = () if name == "memory" else (tmp_path / "out",)
        function(path, *folder, on_error="drop", errors_out=tmp_path / f"{name}.csv")
    assert (tmp_path / "memory.csv").read_text() == (tmp_path / "portions.csv").read_text()


def test_warnings_are_not_repeated(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write_csv(tmp_path / "log.csv", [(f" u{k}", "p", f"2024-05-01 10:00:{k:02}") for k in range(20)])
    with caplog.at_level(logging.WARNING):
        prepare_cascades(path, tmp_path / "out")
    assert len(caplog.messages) == len(set(caplog.messages)) == 2


# The folder -------------------------------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    users, items = rng.integers(0, 20, 200), rng.integers(0, 30, 200)
    rows = [(f"u{user}", f"p{item}", str(time)) for time, (user, item) in enumerate(zip(users, items, strict=True))]
    return write_csv(tmp_path / "log.csv", rows)


def test_parts_and_batches_are_those_of_the_log_in_memory(log: Path, tmp_path: Path) -> None:
    prepared, memory = prepare_cascades(log, tmp_path / "out"), read_cascades(log)
    for part, other in zip(prepared.splits(), memory.splits(), strict=True):
        assert part.split == other.split
        batches = zip(*(CascadeLoader(data, 4, shuffle=True, seed=1) for data in (part, other)), strict=True)
        for batch, expected in batches:
            assert all(torch.equal(batch[key], expected[key]) for key in ("user", "time", "item", "ptr", "batch"))
    assert torch.equal(prepared[3].user, memory[3].user)


def test_arrays_are_mapped_and_changes_do_not_reach_the_files(log: Path, tmp_path: Path) -> None:
    dataset = prepare_cascades(log, tmp_path / "out")
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert f"{tmp_path}/out/user.npy" in maps.read_text()
    dataset.table.time.add_(1)
    assert open_prepared(tmp_path / "out").table.time.min() == 0


def test_the_folder_is_not_replaced_without_being_asked(log: Path, tmp_path: Path) -> None:
    prepare_cascades(log, tmp_path / "out")
    with pytest.raises(StorageError, match="has prepared cascades already"):
        prepare_cascades(log, tmp_path / "out")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    with pytest.raises(StorageError, match="has other files in it"):
        prepare_cascades(log, tmp_path / "other", overwrite=True)
    with pytest.raises(StorageError, match="this is a file"):
        prepare_cascades(log, log, overwrite=True)
    assert (tmp_path / "other" / "mine.txt").read_text() == "mine"


def test_nothing_is_left_of_a_preparation_that_fails(log: Path, tmp_path: Path) -> None:
    prepare_cascades(log, tmp_path / "out")
    log.write_text(log.read_text() + "u1,p1,soon\n")
    with pytest.raises(DataError, match="line 202"):
        prepare_cascades(log, tmp_path / "out", overwrite=True)
    assert len(open_prepared(tmp_path / "out")) == 30
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv", "out"]


def _prepare_and_die(log: Path, folder: Path) -> None:
    module.write_metadata = lambda *_: os._exit(9)  # type: ignore[assignment]
    prepare_cascades(log, folder)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_the_next_preparation_removes_what_a_killed_one_left(log: Path, tmp_path: Path) -> None:
    killed = multiprocessing.get_context("fork").Process(target=_prepare_and_die, args=(log, tmp_path / "out"))
    killed.start()
    killed.join()
    assert killed.exitcode == 9
    assert not (tmp_path / "out").exists()
    assert len(list(tmp_path.glob(".graphcascade-prepare-*"))) == 1
    prepare_cascades(log, tmp_path / "out")
    assert list(tmp_path.glob(".graphcascade-prepare-*")) == []


@pytest.mark.parametrize("name", ["user", "time", "ptr", "user_ids", "item_ids_end", "fingerprint"])
def test_a_damaged_file_is_named(name: str, log: Path, tmp_path: Path) -> None:
    prepare_cascades(log, tmp_path / "out")
    file = tmp_path / "out" / f"{name}.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match=rf"damaged: {name}\.npy"):
        open_prepared(tmp_path / "out")
    file.write_bytes(content[:-4])
    with pytest.raises(DataError, match=rf"damaged: {name}\.npy"):
        open_prepared(tmp_path / "out")
    file.unlink()
    with pytest.raises(DataError, match=rf"incomplete: {name}\.npy"):
        open_prepared(tmp_path / "out")


def test_metadata_that_is_damaged_or_of_another_version(log: Path, tmp_path: Path) -> None:
    prepare_cascades(log, tmp_path / "out")
    path = tmp_path / "out" / "metadata.json"
    about = json.loads(path.read_text())
    assert about["source"]["size"] == log.stat().st_size
    for change, problem in (
        ({"version": 2}, "version 2"),
        ({"files": {"user": 3}}, "'files' is"),
        ({"files": {**about["files"], "../../x": {"size": 1, "sha256": ""}}}, "'files' is"),
        ({"time_unit": "fortnight"}, "'time_unit' is"),
        ({"files": {k: v for k, v in about["files"].items() if k != "time"}}, "do not fit together"),
    ):
        path.write_text(json.dumps(about | change))
        with pytest.raises(DataError, match=problem):
            open_prepared(tmp_path / "out")
    path.write_text(json.dumps(about)[:300])
    with pytest.raises(DataError, match=r"metadata\.json cannot be read"):
        open_prepared(tmp_path / "out")
    path.unlink()
    with pytest.raises(MissingFileError, match="no folder that"):
        open_prepared(tmp_path / "out")


def test_options_have_no_effect_on_prepared_cascades(log: Path, tmp_path: Path) -> None:
    prepare_cascades(log, tmp_path / "out")
    with pytest.raises(UsageError, match="no effect on prepared cascades"):
        read_cascades(tmp_path / "out", time_unit="s")


def test_no_pickle_is_read(log: Path, tmp_path: Path) -> None:
    prepare_cascades(log, tmp_path / "out")
    np.save(tmp_path / "out" / "time.npy", np.array([{}], dtype=object), allow_pickle=True)
    path = tmp_path / "out" / "metadata.json"
    about = json.loads(path.read_text())
    about["files"]["time"] = {
        "size": (tmp_path / "out" / "time.npy").stat().st_size,
        "sha256": module.file_digest(tmp_path / "out" / "time.npy"),
    }
    path.write_text(json.dumps(about))
    with pytest.raises(DataError, match="do not fit together"):
        open_prepared(tmp_path / "out")
