from __future__ import annotations

import builtins
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcascade.data import CascadeDataset
from graphcascade.errors import MissingFileError, UsageError
from graphcascade.io import from_pandas, read_cascades, to_pandas, write_cascades, write_csv, write_ndm
from graphcascade.io.table_files import write_table

ENDINGS = ["csv", "tsv", "jsonl", "ndjson", "parquet", "xlsx"]


def rows(parents: bool = True, repeat: bool = True) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "cascade": [0, 0, 1, 2, 2],
            "user": ["007", 'bób "x",y', "cy", "cy", "007"],
            "item": ["x", "x", "y z", "x", "x"],
            "time": [0.1, 1084631430.3333333, 1e-20, 5.0, 5.0],
            "parent": [None, "007", None, None, "cy"],
        }
    )
    if not repeat:
        frame["item"] = frame["cascade"].map(str)
    return frame if parents else frame.drop(columns="parent")


def assert_same(one: CascadeDataset, other: CascadeDataset) -> None:
    pd.testing.assert_frame_equal(to_pandas(one), to_pandas(other), check_exact=True)
    assert torch.equal(one.table.user, other.table.user)
    assert one.user_ids.tolist() == other.user_ids.tolist()


def test_a_csv_file_has_this_content(tmp_path: Path) -> None:
    path = write_csv(from_pandas(rows()), tmp_path / "new" / "log.csv")
    assert path.read_text(encoding="utf-8") == (
        "user,item,time,parent,cascade\n"
        "007,x,0.1,,0\n"
        '"bób ""x"",y",x,1084631430.3333333,007,0\n'
        "cy,y z,1e-20,,1\n"
        "cy,x,5.0,,2\n"
        "007,x,5.0,cy,2\n"
    )
    plain = write_csv(from_pandas(rows(parents=False, repeat=False)), tmp_path / "plain.csv")
    assert plain.read_text().splitlines()[0] == "user,item,time"
    assert sorted(os.listdir(tmp_path)) == ["new", "plain.csv"]


def test_a_file_of_ndm_has_this_content(tmp_path: Path) -> None:
    frame = rows(parents=False)
    frame["user"] = ["007", "bób", "cy", "cy", "007"]
    path = write_ndm(from_pandas(frame), tmp_path / "cascades.txt")
    assert path.read_text(encoding="utf-8") == "007,0.1 bób,1084631430.3333333\ncy,1e-20\ncy,5.0 007,5.0\n"


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("parents", [True, False])
@pytest.mark.parametrize("repeat", [True, False])
def test_cascades_that_were_written_are_read_again(tmp_path: Path, ending: str, parents: bool, repeat: bool) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    dataset = from_pandas(rows(parents, repeat))
    path = write_cascades(dataset, tmp_path / f"log.{ending}")
    exact = ending != "xlsx"  # openpyxl writes 16 digits
    pd.testing.assert_frame_equal(to_pandas(dataset), to_pandas(read_cascades(path)), check_exact=exact, rtol=1e-15)
    assert os.listdir(tmp_path) == [path.name]


def test_the_format_may_be_stated(tmp_path: Path) -> None:
    dataset = from_pandas(rows(parents=False))
    path = write_cascades(dataset, tmp_path / "log.data", format="jsonl")
    assert_same(dataset, read_cascades(path, format="jsonl"))


@settings(deadline=None, max_examples=60)
@given(
    table=st.lists(
        st.tuples(
            st.integers(0, 3),
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=4).filter(lambda t: t.strip()),
            st.floats(0, 2.0**53, allow_subnormal=True),
        ),
        min_size=1,
        max_size=8,
    )
)
@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl"])
def test_any_ids_and_times_that_were_written_are_read_again(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[int, str, float]], ending: str
) -> None:
    dataset = from_pandas(to_pandas(from_pandas(pd.DataFrame(table, columns=["item", "user", "time"]))))
    path = tmp_path_factory.mktemp("log") / f"log.{ending}"
    assert_same(dataset, read_cascades(write_cascades(dataset, path)))


@settings(deadline=None, max_examples=60)
@given(
    table=st.lists(
        st.tuples(
            st.integers(0, 3), st.from_regex(r"[^,\s\0-\x1f\x7f-\x9f]{1,4}", fullmatch=True), st.floats(0, 2.0**53)
        ),
        min_size=1,
        max_size=8,
    )
)
def test_cascades_that_were_written_as_ndm_are_read_again(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[int, str, float]]
) -> None:
    dataset = from_pandas(to_pandas(from_pandas(pd.DataFrame(table, columns=["item", "user", "time"]))))
    again = read_cascades(write_ndm(dataset, tmp_path_factory.mktemp("ndm") / "cascades.txt"), format="ndm")
    assert to_pandas(dataset).drop(columns="item").equals(to_pandas(again).drop(columns="item"))


@pytest.mark.parametrize("user", ["a,b", "a b", "a\tb", "a\nb"])
def test_ids_that_ndm_cannot_hold_raise_an_error(tmp_path: Path, user: str) -> None:
    dataset = from_pandas(pd.DataFrame({"user": [user], "item": [1], "time": [1]}))
    with pytest.raises(UsageError, match=r"cascades.txt: NDM's format cannot hold the user id 'a"):
        write_ndm(dataset, tmp_path / "cascades.txt")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["log.xls", "log"])
def test_an_unknown_ending_raises_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}: .*csv.*parquet"):
        write_cascades(from_pandas(rows()), tmp_path / name)


def test_an_unknown_format_raises_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^format='xls': use one of csv, .*parquet"):
        write_cascades(from_pandas(rows()), tmp_path / "log.csv", "xls")


def test_a_view_writes_its_own_cascades(tmp_path: Path) -> None:
    frame = pd.DataFrame({"user": [1, 2, 3], "item": ["x", "y", "z"], "time": [3, 4, 5]})
    path = write_csv(from_pandas(frame)[[2, 0]], tmp_path / "log.csv")
    assert path.read_text() == "user,item,time\n3,z,5.0\n1,x,3.0\n"


def test_parquet_without_pyarrow_raises_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] in ("pyarrow", "fastparquet"):
            raise ImportError(f"no module {name}")
        return original(name, *args, **kwargs)

    dataset = from_pandas(rows())  # pandas 3 uses pyarrow, where it is installed, for columns of texts
    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingFileError, match=r"needs pyarrow: pip install 'graphcascade\[parquet\]'"):
        write_cascades(dataset, tmp_path / "log.parquet")
    assert os.listdir(tmp_path) == []


def test_data_that_are_not_written_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frame = rows()
    dataset = from_pandas(frame, time_unit="s")
    write_cascades(dataset, tmp_path / "out.csv")
    assert "out.csv: not written: the unit of the times (s: state it when you read the file)." in caplog.text
    frame["user"] = ["007", "bob", "cy", "cy", "007"]
    frame["parent"] = None
    write_cascades(from_pandas(frame), tmp_path / "out.txt")
    assert "out.txt: not written: the items, the parents." in caplog.text


def test_texts_of_a_workbook_stay_texts(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    path = tmp_path / "table.xlsx"
    frame = pd.DataFrame({"user": ["00123", "=1+1", "", None], "score": [1.5, np.nan, 2.0, 3.0]})
    write_table(frame, path, "xlsx")
    again = pd.read_excel(path, dtype=object)
    assert again["user"].tolist()[:2] == ["00123", "=1+1"]
    assert again["score"].tolist()[0] == 1.5
    assert pd.isna(again["score"][1])
    with pytest.raises(UsageError, match=r"a workbook cannot hold the text .*control character"):
        write_table(pd.DataFrame({"user": ["a\x01b"]}), tmp_path / "other.xlsx", "xlsx")
    with pytest.raises(UsageError, match=r"a cell holds 32,767 characters, not 32,768"):
        write_table(pd.DataFrame({"user": ["a" * 32_768]}), tmp_path / "other.xlsx", "xlsx")
    assert not (tmp_path / "other.xlsx").exists()


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet", ".xlsx"])
def test_dates_are_written_as_dates(ending: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    frame = pd.DataFrame(
        {"user": ["a", "b"], "item": ["x", "x"], "time": ["2024-05-01 12:00Z", "2024-05-01 12:00:07Z"]}
    )
    dataset = from_pandas(frame)
    path = write_cascades(dataset, tmp_path / f"dates{ending}")
    assert "unit of the times" not in caplog.text
    again = read_cascades(path)
    assert again.table.times_are_dates
    assert again.table.time.tolist() == dataset.table.time.tolist()
    if ending == ".csv":
        assert path.read_text() == "user,item,time\na,x,2024-05-01T12:00:00Z\nb,x,2024-05-01T12:00:07Z\n"
