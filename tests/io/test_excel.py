from __future__ import annotations

import builtins
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io import read_cascades

openpyxl = pytest.importorskip("openpyxl")

ROWS = [["user", "item", "time"], ["00123", 7, pd.Timestamp("2024-12-31 12:30")], [45, "x", pd.Timestamp("2025-01-01")]]


def save(path: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_ids_and_dates_of_a_workbook_are_read_as_they_are(tmp_path: Path) -> None:
    dataset = read_cascades(save(tmp_path / "log.xlsx", Events=ROWS))
    assert dataset.user_ids.tolist() == ["00123", "45"]
    assert dataset.item_ids.tolist() == ["7", "x"]
    assert dataset.table.time.tolist() == [1735648200.0, 1735689600.0]
    assert dataset.table.times_are_dates


def test_empty_rows_and_columns_are_left_out_and_invalid_rows_named(tmp_path: Path) -> None:
    rows = [[], *([None, *row, None] for row in ROWS), [], [None, "bob", None, 5]]
    with pytest.raises(DataError, match=r"log.xlsx: 1 of 3 rows|log.xlsx, row 6: the item id is missing"):
        read_cascades(save(tmp_path / "log.xlsx", Events=rows))
    dataset = read_cascades(tmp_path / "log.xlsx", on_error="drop")
    assert dataset.table.num_events == 2


def test_one_of_several_sheets_is_named(tmp_path: Path) -> None:
    path = save(tmp_path / "log.xlsx", Notes=[["see the other sheet"]], Events=ROWS, Empty=[])
    with pytest.raises(UsageError, match=r"log.xlsx: this workbook has the sheets 'Notes', 'Events'; .*sheet='Notes'"):
        read_cascades(path)
    assert read_cascades(path, sheet="Events").table.num_events == 2
    with pytest.raises(UsageError, match=r"sheet='Event': .* has the sheets 'Notes', 'Events', 'Empty'"):
        read_cascades(path, sheet="Event")
    assert read_cascades(save(tmp_path / "one.xlsx", Empty=[], Events=ROWS)).table.num_events == 2
    with pytest.raises(DataError, match=r"log.xlsx, sheet 'Empty': empty; it contains no event"):
        read_cascades(path, sheet="Empty")


def test_a_header_with_merged_cells_or_a_title_raises_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"sheet 'Events', row 1: the column 2 has no name, such as when"):
        read_cascades(save(tmp_path / "log.xlsx", Events=[["who and what", None, "time"], ["a", "x", 1]]))
    with pytest.raises(DataError, match=r"row 1: the column 2 has no name"):
        read_cascades(save(tmp_path / "log.xlsx", Events=[["Events of May"], *ROWS]))
    with pytest.raises(DataError, match=r"contains no event under the names of its columns, 'user, item, time'"):
        read_cascades(save(tmp_path / "log.xlsx", Events=ROWS[:1]))


def test_a_file_that_is_no_workbook_raises_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log.xlsx").write_text("user,item,time\n")
    with pytest.raises(DataError, match=r"log.xlsx: not a readable Excel workbook"):
        read_cascades(tmp_path / "log.xlsx")
    path = save(tmp_path / "log.xlsx", Events=ROWS)
    monkeypatch.setattr("graphcascade.io.excel.MAX_BYTES", 100)
    with pytest.raises(DataError, match=r"log.xlsx: unpacked, this workbook has .* MiB; save the sheet as CSV"):
        read_cascades(path)
    original = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "openpyxl":
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingFileError, match=r"needs openpyxl: pip install 'graphcascade\[excel\]'"):
        read_cascades(path)


def test_options_without_an_effect_raise_an_error(tmp_path: Path) -> None:
    path = save(tmp_path / "log.xlsx", Events=ROWS)
    for name, value in (("sep", ";"), ("encoding", "latin-1")):
        with pytest.raises(UsageError, match=f"{name}=.*: has no effect on the format xlsx"):
            read_cascades(path, **{name: value})


def test_parts_of_a_workbook_are_not_written_outside_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    pd.DataFrame({"user": ["a", "b"], "item": ["x", "x"], "time": [1, 2]}).to_excel(folder / "my.xlsx", index=False)
    with zipfile.ZipFile(folder / "my.xlsx", "a") as archive:
        for name in ("../outside.txt", str(tmp_path / "absolute.txt")):
            archive.writestr(name, "written")
    assert len(read_cascades(folder / "my.xlsx")) == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["folder", "my.xlsx"]
