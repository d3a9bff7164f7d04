from __future__ import annotations

import builtins
import contextlib
import gzip
import logging
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graphcascade.data import check_events
from graphcascade.errors import DataError, MissingFileError, UsageError
from graphcascade.io import read_cascades, read_log
from graphcascade.options import TableReadOptions

ROWS = [("12", "x", "100"), ("007", "x", "105.5"), ("12", "y", "3")]
EXPECTED = [("x", [("12", 100.0), ("007", 105.5)]), ("y", [("12", 3.0)])]


def cascades(path: Path, **columns: Any) -> list[tuple[str, list[tuple[str, float]]]]:
    raw, _ = read_log(path, **columns)
    result: list[tuple[str, list[tuple[str, float]]]] = [(item, []) for item in raw.item]
    for cascade, user, time in zip(raw.cascade, raw.user, raw.time, strict=True):
        result[cascade][1].append((user, float(time)))
    return result


def text(separator: str, rows: list[tuple[str, ...]] = ROWS) -> str:
    return "".join(separator.join(row) + "\n" for row in [("user", "item", "time"), *rows])


def test_csv_keeps_ids_as_they_are_written(write: Callable[..., Path]) -> None:
    assert cascades(write(text(","), "log.csv")) == EXPECTED


def test_tsv_is_read(write: Callable[..., Path]) -> None:
    assert cascades(write(text("\t"), "log.tsv")) == EXPECTED


def test_compressed_files_are_read(write: Callable[..., Path]) -> None:
    assert cascades(write(gzip.compress(text(",").encode()), "log.csv.gz")) == EXPECTED
    lines = b'{"user": "12", "item": "x", "time": 1}\n'
    assert cascades(write(gzip.compress(lines), "log.jsonl.gz")) == [("x", [("12", 1.0)])]


def test_columns_may_have_any_order_blanks_quotes_and_a_byte_order_mark(write: Callable[..., Path]) -> None:
    content = '\ufefftime, other ,item,user\r\n1,,"x,""y""\nz", ann \r\n2,q,w,bob\r\n'
    assert cascades(write(content, "log.csv")) == [('x,"y"\nz', [("ann", 1.0)]), ("w", [("bob", 2.0)])]


@pytest.mark.parametrize("ending", ["jsonl", "ndjson"])
def test_jsonl_is_read(write: Callable[..., Path], ending: str) -> None:
    content = (
        '{"user": 12, "item": "x", "time": 100}\n\n'
        '{"time": 105.5, "user": "007", "item": "x", "more": [1]}\n'
        '{"user": "12", "item": "y", "time": 3}\n'
    )
    assert cascades(write(content, f"log.{ending}")) == EXPECTED


def test_large_ids_of_jsonl_keep_every_digit(write: Callable[..., Path]) -> None:
    content = (
        '{"user": 123456789012345678, "item": 1, "time": 1, "parent": null}\n'
        '{"user": 99999999999999999999999999, "item": 1, "time": 2, "parent": 123456789012345678}\n'
    )
    raw, _ = read_log(write(content, "log.jsonl"))
    assert raw.user.tolist() == ["123456789012345678", "99999999999999999999999999"]
    assert raw.parent is not None
    assert raw.parent.tolist() == [None, "123456789012345678"]


def test_parquet_is_read_and_a_missing_id_raises_an_error(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "log.parquet"
    frame = pd.DataFrame({"user": [12, 7], "item": ["x", "x"], "time": pd.to_datetime(["2024-05-01", "2024-05-02"])})
    frame.to_parquet(path)
    assert cascades(path) == [("x", [("12", 1714521600.0), ("7", 1714608000.0)])]
    assert read_log(path)[1] == "s"
    frame["user"] = [12.0, None]
    frame.to_parquet(path)
    with pytest.raises(DataError, match=r"log.parquet, row 2: the user id is missing"):
        read_log(path)


def test_parquet_without_pyarrow_raises_an_error(write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] in ("pyarrow", "fastparquet"):
            raise ImportError(f"no module {name}")
        return original(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingFileError, match=r"needs pyarrow: pip install 'graphcascade\[parquet\]'") as caught:
        read_log(write("", "log.parquet"))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_parquet_raises_an_error(write: Callable[..., Path]) -> None:
    pytest.importorskip("pyarrow")
    with pytest.raises(DataError, match=r"log.parquet: not a readable Parquet file"):
        read_log(write("user,item,time\n", "log.parquet"))


def test_columns_and_the_unit_are_named_by_arguments(fixtures: Path) -> None:
    path = fixtures / "interactions.csv"
    assert cascades(path, user="user_id", item="topic_id", time="timestamp") == [
        ("a", [("12", 100.0), ("7", 130.0)]),
        ("b", [("7", 50.0)]),
    ]
    assert read_log(path, "user_id", "topic_id", "timestamp", time_unit="min")[1] == "min"
    with pytest.raises(DataError, match=r"interactions.csv: there is no column 'user' .*user='user_id'"):
        read_log(path)


def test_events_know_their_lines(write: Callable[..., Path]) -> None:
    raw, _ = read_log(write('user,item,time\n\na,"x\ny",1\n\nb,x,2\n', "log.csv"))
    assert raw.line.tolist() == [3, 6]
    assert raw.where(1).endswith("log.csv, line 6")
    raw, _ = read_log(write('{"user":1,"item":1,"time":1}\n\n{"user":2,"item":1,"time":2}\n', "log.jsonl"))
    assert raw.line.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ": empty"),
        ("\n\n", ": empty"),
        ("user,item,time\n", ": empty"),
        ("user,item,time\na,x,1\n\nb,x\n", ", line 4: has 2 fields.*3 columns"),
        ("user,item,time\na,x,1,9\nb,x,2,9\n", ", line 2: has 4 fields.*3 columns"),
        ("user,item,time\na,x,1\nb,x,2,9\n", ", line 3: has 4 fields.*3 columns"),
        ("user,item,time\na,x,1\n\nb,,2\n", ", line 4: the item id is missing"),
        ("user,item,time\na,x,1\n\n,x,2\n", ", line 4: the user id is missing"),
        ("user,item,time\na,x,1\n\nb,x,noon\n", ", line 4: the time 'noon' is not a number"),
        ("user,item,time,time\na,x,1,2\n", ": there are 2 columns 'time'"),
        ("user,item,time,user\na,x,1,2\n", ": there are 2 columns 'user'"),
        ("user,item,time,cascade,cascade\na,x,1,2,2\n", ": there are 2 columns 'cascade'"),
        ("user,item,time,parent,parent\na,x,1,,\n", ": there are 2 columns 'parent'"),
        ('user,item,time\na,x,1\n"b,x,2\n', ", line 3: .*check its quotation marks"),
    ],
)
def test_an_invalid_csv_raises_an_error(write: Callable[..., Path], content: str, message: str) -> None:
    with pytest.raises(DataError, match=f"log.csv{message}"):
        read_log(write(content, "log.csv"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ": empty"),
        (
            '{"user": 1, "item": 1, "time": 1}\n\n{"user": 1, "item"\n',
            r", line 3: not JSON \(Expecting ':' delimiter at char",
        ),
        ('{"user": 1, "item": 1, "time": 1}\n[1, 2]\n', r", line 2: .*\[1, 2\].*object"),
        ('{"user": 1, "item": 1, "time": 1}\n{"user": 1, "time": 1}\n', ", line 2: the item id is missing"),
        ('{"user": 1, "item": 1, "time": 1}\n{"user": 1, "item": 1, "time": "noon"}\n', ", line 2: the time 'noon'"),
        (
            '{"user": {"id": 7}, "item": "x", "time": 1}\n',
            r", line 1: the user id .* an object.*user='user\.id'",
        ),
        ('{"user": 1, "item": ["x"], "time": 1}\n', r", line 1: the item id \['x'\] is of the type list"),
        ('{"user": true, "item": "x", "time": 1}\n', ", line 1: the user id True is of the type bool"),
        ('{"user": 1, "item": 1, "time": 1, "user": 2}\n', ", line 1: not JSON .*the key 'user' occurs twice"),
        ('{"user": 1, "item": 1, "time": 1, "x": {"a": 1, "a": 1}}\n', ", line 1: .*the key 'a' occurs twice"),
        ('{"user": ' + "[" * 100_000 + "]" * 100_000 + "}\n", ", line 1: too many objects or lists inside each other"),
        ('{"user": ' + '{"a":' * 100_000 + "1" + "}" * 100_001 + "\n", ", line 1: too many objects or lists"),
        ('{"user": "\\ud83d", "item": 1, "time": 1}\n', ", line 1: half of a surrogate pair"),
        ('{"user": 1, "item": 1, "time": 1, "\\uDC00": ["\\udfff"]}\n', ", line 1: half of a surrogate pair"),
        ('{"user": ' + "9" * 5000 + ', "item": 1, "time": 1}\n', ", line 1: not JSON .Exceeds the limit"),
    ],
)
def test_an_invalid_jsonl_raises_an_error(write: Callable[..., Path], content: str, message: str) -> None:
    with pytest.raises(DataError, match=f"log.jsonl{message}"):
        read_log(write(content, "log.jsonl"))


@pytest.mark.parametrize(
    ("name", "first"),
    [("log.csv", b"user,item,time"), ("log.tsv", b"user\titem\ttime"), ("log.jsonl", b'{"user":1,"item":1,"time":1}')],
)
def test_a_file_that_is_not_utf8_raises_an_error(write: Callable[..., Path], name: str, first: bytes) -> None:
    with pytest.raises(DataError, match=f"{name}, line 2: not UTF-8 text"):
        read_log(write(first + b"\n\xff\n", name))


@pytest.mark.parametrize("name", ["log.csv", "log.tsv", "log.jsonl", "log.parquet", "log.csv.gz"])
def test_a_file_that_is_not_there_raises_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingFileError, match=f"{name}: there is no such file"):
        read_log(tmp_path / name)


def test_a_folder_raises_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="this is a folder"):
        read_log(tmp_path)


def test_a_field_of_an_object_is_named_by_its_path(write: Callable[..., Path]) -> None:
    content = (
        '{"user": {"id": 7, "n": 10}, "post": {"text": {"hash": "t1"}}, "time": 1}\n'
        '{"user": {"id": 8, "n": 3}, "post": {"text": {"hash": "t1"}}, "time": 2}\n'
        '{"user": {"id": 7, "n": 11}, "post": {"text": {"hash": "t2"}}, "time": 3}\n'
    )
    assert cascades(write(content, "log.jsonl"), user="user.id", item="post.text.hash") == [
        ("t1", [("7", 1.0), ("8", 2.0)]),
        ("t2", [("7", 3.0)]),
    ]


def test_whole_pairs_of_surrogates_are_characters(write: Callable[..., Path]) -> None:
    content = '{"user": "\\ud83d\\ude00", "item": 1, "time": 1}\n'
    assert cascades(write(content, "log.jsonl")) == [("1", [("\U0001f600", 1.0)])]


def test_long_fields_are_read(write: Callable[..., Path]) -> None:
    long = "a" * 200_000  # the module csv stops at 131,072 characters if it is not told otherwise
    content = f'user,item,time,text\nann,x,1,{long}\n{long},x,2,"b"\n'
    assert cascades(write(content, "log.csv")) == [("x", [("ann", 1.0), (long, 2.0)])]


def test_line_ends_inside_quotes_are_kept(write: Callable[..., Path]) -> None:
    raw, _ = read_log(write('user,item,time\r"a\rb",x,1\rc,"x\r\ny",2\r', "log.csv"))
    assert (raw.user.tolist(), raw.item.tolist()) == (["a\rb", "c"], ["x", "x\r\ny"])
    assert raw.line.tolist() == [2, 4]


def parquet(path: Path, **columns: Any) -> Path:
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"item": ["x", "x"], "time": [1, 2]} | columns), path)
    return path


def test_columns_of_parquet_may_have_any_type(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    path = tmp_path / "log.parquet"
    decimals = pa.array([Decimal(10**30), Decimal(5)], pa.decimal128(38, 0))
    assert cascades(parquet(path, user=decimals)) == [("x", [(str(10**30), 1.0), ("5", 2.0)])]
    parquet(path, user=pa.array([2**64 - 1, 5], pa.uint64()), time=pa.array([Decimal("1.5"), 2], pa.decimal128(38, 2)))
    assert cascades(path) == [("x", [(str(2**64 - 1), 1.5), ("5", 2.0)])]
    parquet(path, user=pa.array([{"id": 7}, {"id": 8}]), time=pa.array([19844, 19845], pa.date32()))
    assert cascades(path, user="user.id") == [("x", [("7", 1714521600.0), ("8", 1714608000.0)])]
    parquet(path, user=["a", "b"], time=pa.array([253402214400, 1], pa.timestamp("s", "Mars/Base")))
    assert cascades(path) == [("x", [("a", 253402214400.0), ("b", 1.0)])]
    with pytest.raises(DataError, match=r"row 1: the time of user 'a' is 1e.30, too large"):
        check_events(read_log(parquet(path, user=["a", "b"], time=decimals))[0])


def test_an_invalid_parquet_raises_an_error(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    path = tmp_path / "log.parquet"
    offsets, data = pa.py_buffer(bytes([0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0])), pa.py_buffer(b"a\xff\xfe")
    broken = pa.StringArray.from_buffers(2, offsets, data)
    for columns in ({"user": broken}, {"user": pa.DictionaryArray.from_arrays(pa.array([0, 1]), broken)}):
        with pytest.raises(DataError, match=r"log.parquet: not a readable Parquet file .*Invalid UTF8"):
            read_log(parquet(path, **columns))
    assert cascades(parquet(path, user=["a", "b"], text=broken)) == [("x", [("a", 1.0), ("b", 2.0)])]
    with pytest.raises(
        DataError, match=r"log.parquet, row 1, and in all 2 rows: the user id .* an object.*user='user.id'"
    ):
        read_log(parquet(path, user=pa.array([{"id": 7}, {"id": 8}])))
    with pytest.raises(DataError, match=r"log.parquet, row 1: the user id True is of the type bool"):
        read_log(parquet(path, user=[True, False]))
    names = ["user", "user", "item", "time"]
    table = pa.Table.from_arrays([pa.array(["a"])] * 3 + [pa.array([1])], names=names)
    pytest.importorskip("pyarrow.parquet").write_table(table, path)
    with pytest.raises(DataError, match=r"log.parquet: there are 2 columns 'user'"):
        read_log(path)


def test_a_damaged_parquet_file_is_one_error(tmp_path: Path) -> None:
    path = parquet(tmp_path / "log.parquet", user=["a", "b"])
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        with contextlib.suppress(DataError):  # some bytes are not used
            check_events(read_log(path)[0])


def test_a_parquet_type_that_pandas_cannot_hold(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    path = tmp_path / "log.parquet"
    texts = pa.array(["a", "b"]).cast(pa.string_view())
    assert cascades(parquet(path, user=texts)) == [("x", [("a", 1.0), ("b", 2.0)])]
    assert cascades(parquet(path, user=["a", "b"], time=pa.array(["3", "4"]).cast(pa.string_view())))[0][1][1] == (
        "b",
        4.0,
    )
    uuids = pa.ExtensionArray.from_storage(pa.opaque(pa.binary(), "uuid", "us"), pa.array([b"a", b"b"]))
    raw = pa.array([b"a", b"b"])
    for values in (raw, raw.cast(pa.binary_view()), uuids):
        with pytest.raises(DataError, match=r"row 1: the user id b'a' is of the type bytes; an id is a text or"):
            read_log(parquet(path, user=values))
        assert cascades(parquet(path, user=["a", "b"], other=values)) == [("x", [("a", 1.0), ("b", 2.0)])]
    lists = pa.array([[1], [2]], pa.list_view(pa.int64()))
    with pytest.raises(DataError, match=r"the column 'user' has the type .*, which cannot be read; save it"):
        read_log(parquet(path, user=lists))
    assert cascades(parquet(path, user=["a", "b"], other=lists)) == [("x", [("a", 1.0), ("b", 2.0)])]


def test_other_columns_of_parquet_are_not_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Their content is damaged, which is an error only if it is read."""
    path = parquet(tmp_path / "log.parquet", user=["a", "b"], text=["secret-1", "secret-2"])
    path.write_bytes(path.read_bytes().replace(b"\x08\x00\x00\x00secret-1", b"\xff\xff\xff\x7fsecret-1", 1))
    with pytest.raises(DataError, match=r"log.parquet: not a readable Parquet file"):
        read_log(path, item="text")
    with caplog.at_level(logging.INFO):
        assert cascades(path) == [("x", [("a", 1.0), ("b", 2.0)])]
    assert "columns that are not read: text." in caplog.text
    with pytest.raises(DataError, match=r"there is no column 'author' for the user; found 'item', 'time', .*'text'"):
        read_log(path, user="author")


def test_more_parquet_rows_than_the_limit_raise_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path / "log.parquet", user=["a", "b"])
    monkeypatch.setattr("graphcascade.io.read_table.MAX_PARQUET_ROWS", 2)
    assert cascades(path) == [("x", [("a", 1.0), ("b", 2.0)])]
    monkeypatch.setattr("graphcascade.io.read_table.MAX_PARQUET_ROWS", 1)
    with pytest.raises(DataError, match=r"log.parquet: 2 events, more than 1; divide the file\.$"):
        read_log(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "user;item;time\na;x;1,5\nb;x;2\n",
            "line 2: the time '1,5' is not a number, as others in its column are; write decimal points",
        ),
        ("user;item;when\na;x;1\n", "there is no column 'time' for the time; found 'user', 'item', 'when'"),
        ("a,x,1.5\nb,x,2\n", "its first line, 'a, x, 1.5', looks like an event, .* above it, such as user,item,time"),
        ("a,x,2024-05-01 12:30\nb,x,2024-05-02\n", "its first line, .* looks like an event"),
        ("user,item,time\na,x,1\nb,x,\n", "line 3: the time of user 'b' is missing; every event needs one"),
    ],
)
def test_tables_with_another_form_than_expected_raise_an_error(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=rf"table\.csv.*{message}"):
        read_cascades(path)


@pytest.mark.parametrize("sep", [",", ";", "\t", "|", " ", "  "])
def test_the_separator_is_found_from_the_header(write: Callable[..., Path], sep: str) -> None:
    assert cascades(write(text(sep), "log.csv")) == EXPECTED
    assert cascades(write(text(sep), "log.tsv")) == EXPECTED


def test_a_separator_that_is_named_needs_no_header_that_shows_it(write: Callable[..., Path]) -> None:
    path = write("user,a;item,b;time\nann;x;1\n", "log.csv")
    with pytest.raises(DataError, match=r"log.csv, line 1: .* divided at a comma and a semicolon; .* sep='comma'"):
        cascades(path)
    options = TableReadOptions(sep="semicolon")
    assert cascades(path, user="user,a", item="item,b", options=options) == [("x", [("ann", 1.0)])]
    with pytest.raises(UsageError, match=r"sep='semi': use comma, semicolon"):
        cascades(path, options=TableReadOptions(sep="semi"))
    # The columns that are asked for decide if several separators are possible.
    assert cascades(path, user="user,a", item="item,b") == [("x", [("ann", 1.0)])]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1", "cp1252", "utf-8-sig", "utf-32"])
def test_encodings_are_detected_or_named(write: Callable[..., Path], encoding: str) -> None:
    path = write("user;item;time\nJosé;x;1\n".encode(encoding), "log.csv")
    named = None if encoding in ("utf-16", "utf-8-sig", "utf-32") else encoding
    assert cascades(path, options=TableReadOptions(encoding=named)) == [("x", [("José", 1.0)])]


@pytest.mark.parametrize("encoding", ["no-such", "base64"])
def test_an_unknown_encoding_raises_an_error(write: Callable[..., Path], encoding: str) -> None:
    with pytest.raises(UsageError, match=f"encoding='{encoding}': there is no such encoding"):
        read_cascades(write(text(","), "log.csv"), encoding=encoding)
    with pytest.raises(UsageError, match=r"sep=';': has no effect on the format ndm"):
        read_cascades(write("1,2 3,4\n"), sep=";")


BAD = "user,item,time\nann,x,1\nbob,x\n,x,2\neve,x,n/a\neve,,-4\ncat,x,-5\ndan,x,3\n"


def test_all_invalid_rows_are_reported_together(write: Callable[..., Path], tmp_path: Path) -> None:
    out = tmp_path / "errors.csv"
    with pytest.raises(DataError) as caught:
        read_cascades(write(BAD, "log.csv"), errors_out=out)
    message = str(caught.value)
    assert "log.csv: 5 of 7 lines are invalid:\n  line 3: has 2 fields" in message
    assert "\n  line 4: the user id is missing; every row needs one\n  line 5: the time 'n/a' is not a" in message
    assert message.endswith("leave them out with on_error='drop'.")
    listed = pd.read_csv(out, keep_default_na=False)
    assert listed[["line", "column", "value"]].values.tolist() == [
        [3, "", "bob,x"],
        [4, "user", ""],
        [5, "time", "n/a"],
        [6, "item", ""],
        [7, "time", "-5.0"],
    ]


def test_invalid_rows_are_left_out_and_counted_on_request(write: Callable[..., Path]) -> None:
    dataset = read_cascades(write(BAD, "log.csv"), on_error="drop")
    assert dataset.user_ids.tolist() == ["ann", "dan"]
    counts = {
        "item id missing": 1,
        "time negative": 1,
        "time not a number": 1,
        "user id missing": 1,
        "wrong number of fields": 1,
    }
    assert dataset.table.repairs.invalid_rows == counts
    assert "5 invalid rows left out (" in str(dataset.table.repairs)
    assert dataset.describe()["invalid rows (time negative), left out"] == 1


def test_without_a_valid_row_nothing_is_left_out(write: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match=r"log.csv, line 2: the time -1|line 2: the time of user 'a' is -1"):
        read_cascades(write("user,item,time\na,x,-1\nb,x,-2\n", "log.csv"), on_error="drop")
    with pytest.raises(UsageError, match=r"on_error='skip': use 'stop' or 'drop'"):
        read_cascades(write(BAD, "log.csv"), on_error="skip")  # type: ignore[arg-type]


def test_a_quote_that_does_not_close_is_never_left_out(write: Callable[..., Path]) -> None:
    content = 'user,item,time\nann,x,1\nbob,"x,2\neve,x,3\n'
    with pytest.raises(DataError, match=r"log.csv, line 3: cannot be split into fields"):
        read_cascades(write(content, "log.csv"), on_error="drop")
    dataset = read_cascades(write('user,item,time\nann,x,1\nbob,"x"y,2\neve,x,3\n', "log.csv"), on_error="drop")
    assert dataset.table.repairs.invalid_rows == {"quotation marks": 1}
    assert dataset.table.num_events == 2
