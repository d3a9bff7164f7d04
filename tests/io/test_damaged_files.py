"""Damaged files of every format: an error of one line that names the file, or data that a plain parser reads alike.

The number of files a format is ``GRAPHCASCADE_DAMAGED_FILES``, by default a few; 10,000 are for runs by hand.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from graphcascade.data import CascadeDataset
from graphcascade.errors import GraphCascadeError
from graphcascade.io import (
    read_cascades,
    read_follow_graph,
    read_graph,
    read_posts,
    read_retweets,
    read_smpd,
    to_pandas,
    write_posts,
)
from graphcascade.simulate import simulate_posts

COUNT = int(os.environ.get("GRAPHCASCADE_DAMAGED_FILES", "20"))
FIXTURES = Path(__file__).parent / "fixtures"
SECONDS = 60
"""Longest time for one file of a few lines, on a busy machine."""

TOKENS = [
    *(b"nan", b"inf", b"-inf", b"1e999", b"-1", b"0", b"1e308", b"9" * 400, b"0x10", b"1_000", b"\xd9\xa3", b"1e-400"),
    *(b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809", b"18446744073709551616", b"1e19"),
    *(b'"', b"'", b",", b";", b"\t", b"|", b":", b"/", b"#", b" ", b"\n", b"\r", b"\r\n", b"\n\n", b"\\", b"\\u0000"),
    *(b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\x1a", b"\x85"),
    *(b"null", b"None", b"NA", b"true", b"{}", b"[]", b"[[", b"{", b"}", b"[" * 3000, b'{"a":' * 3000, b"2020-13-45"),
    *(
        b"2020-01-01",
        b"2020-01-01T00:00:00+99:99",
        b"0001-01-01",
        b"999999-01-01",
        b"12/31/2020",
        b"=1+1",
        b"A" * 70_000,
    ),
    *(
        b"<",
        b">",
        b"&",
        b"&lol;",
        b"<!DOCTYPE a>",
        b"<script>alert(1)</script>",
        b"</graph>",
        b"<edge/>",
        b"!!python/none",
    ),
]
ROWS = [("ann", "x", 1.5), ("bob", "x", 2), ("cy", "x", 4), ("bob", "y", 3), ("dee", "y", 7.25), ("ann", "z", 9)]
FRAME = pd.DataFrame(ROWS, columns=["user", "item", "time"])
USERS = np.array(["ann", "bob", "cy", "dee"], dtype=object)
LINKS = "source,target,weight\nann,bob,0.5\nbob,cy,1\ncy,dee,2\n"
POSTS = {
    "post": ["p1", "p2", "p3", "p4"],
    "user": ["ann", "bob", "ann", "cy"],
    "time": [10, 20, 30, 40],
    "label": [1.5, 2, 3, 4.25],
    "text": ["one", "two", "three", "four"],
    "category": ["a", "b", "a", "a"],
}
TABLES = {
    "users.csv": "user\nann\nbob\ncy\n",
    "follows.csv": "follower,followee\nann,bob\ncy,ann\n",
    "tweets.csv": "tweet,user,time,text\nt1,bob,1,hello\nt2,ann,2,good day\nt3,cy,3,bye\n",
    "retweets.csv": "user,tweet,time\nann,t1,4\ncy,t2,5\nann,t3,6\n",
}


def damage(content: bytes, random: random.Random) -> bytes:
    """Returns the content with one to four changes: bytes, words, lines, order, or the end."""
    for _ in range(random.randint(1, 4)):
        place, size = random.randint(0, len(content)), random.choice([1, 1, 2, 5, 20])
        kind = random.randrange(8)
        if kind == 0:  # another byte
            content = content[:place] + bytes([random.randrange(256)]) + content[place + 1 :]
        elif kind == 1:  # without some bytes
            content = content[:place] + content[place + size :]
        elif kind == 2:  # some bytes twice
            content = content[: place + size] + content[place:]
        elif kind == 3:  # the end is missing
            content = content[:place]
        elif kind == 4:  # a word in between
            content = content[:place] + random.choice(TOKENS) + content[place:]
        elif kind == 5:  # a word in place of some bytes
            content = content[:place] + random.choice(TOKENS) + content[place + size :]
        else:  # lines in another order, or one of them twice or not at all
            lines = content.split(b"\n")
            one, other = random.randrange(len(lines)), random.randrange(len(lines))
            if kind == 6:
                lines[one], lines[other] = lines[other], lines[one]
            else:
                lines[one : one + 1] = random.choice([[], [lines[other]], [lines[one]] * 2])
            content = b"\n".join(lines)
    return content


def to_graphml(folder: Path) -> bytes:
    graph = nx.DiGraph([("ann", "bob", {"weight": 0.5}), ("bob", "cy", {"weight": 1.0})])
    nx.write_graphml(graph, folder / "made.graphml")
    return (folder / "made.graphml").read_bytes()


def to_gml(folder: Path) -> bytes:
    nx.write_gml(nx.DiGraph([("ann", "bob"), ("bob", "cy")]), folder / "made.gml")
    return (folder / "made.gml").read_bytes()


def to_table(frame: pd.DataFrame, ending: str, folder: Path) -> bytes:
    path = folder / f"made.{ending}"
    if ending == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    elif ending == "parquet":
        frame.to_parquet(path)
    elif ending == "xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_csv(path, index=False, sep="\t" if ending == "tsv" else ",")
    return path.read_bytes()


def read_links(path: Path) -> Any:
    return read_follow_graph(path, USERS, unknown="drop")


Make = Callable[[Path], bytes]
READERS: dict[str, tuple[Make, Callable[[Path], Any]]] = {
    **{f"my.{end}": (lambda f, end=end: to_table(FRAME, end, f), read_cascades) for end in ("csv", "tsv", "jsonl")},
    **{f"my.{end}": (lambda f, end=end: to_table(FRAME, end, f), read_cascades) for end in ("parquet", "xlsx")},
    "my.csv.gz": (lambda f: gzip.compress(to_table(FRAME, "csv", f)), read_cascades),
    "my.csv.bz2": (lambda f: bz2.compress(to_table(FRAME, "csv", f)), read_cascades),
    "my.jsonl.xz": (lambda f: lzma.compress(to_table(FRAME, "jsonl", f)), read_cascades),
    **{
        f"{name}.txt": (
            lambda f, name=name: (FIXTURES / f"{name}.txt").read_bytes(),
            lambda path, name=name: read_cascades(path, "netinf" if name == "infopath" else name),
        )
        for name in ("deephawkes", "hidan", "infopath", "mshgat", "ndm", "netinf", "topolstm")
    },
    "guessed.txt": (lambda f: (FIXTURES / "ndm.txt").read_bytes(), read_cascades),
    "interactions.csv": (
        lambda f: (FIXTURES / "interactions.csv").read_bytes(),
        lambda path: read_cascades(path, "interactions"),
    ),
    "follows.txt": (lambda f: b"ann bob\nbob cy\ncy,dee\n", read_links),
    "follows.csv": (lambda f: LINKS.encode(), read_links),
    "links.csv": (lambda f: LINKS.encode(), read_graph),
    "snap.txt": (lambda f: b"0,ann\n1,bob\n2,cy\n\n0,1\n1,2\n", read_graph),
    "links.graphml": (to_graphml, read_graph),
    "links.gml": (to_gml, read_graph),
    **{
        f"posts.{end}": (
            lambda f, end=end: to_table(pd.DataFrame(POSTS), end, f),
            lambda path: read_posts(path, categories=["category"], time_unit="s"),
        )
        for end in ("csv", "jsonl", "parquet")
    },
}


class TooSlow(BaseException):
    """A file took longer than ``SECONDS``; no reader catches it."""


@contextmanager
def limited() -> Iterator[None]:
    """Limits the time and, on Linux, the memory of a block."""
    import resource

    def stop(*_: Any) -> None:
        raise TooSlow

    limits = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    handler = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 2 * 2**30, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)


def outcome_of(read: Callable[[Path], Any], path: Path) -> tuple[Any, str | None]:
    """Reads a file; returns the data, or the message of an error that names the file in one line."""
    with limited():
        try:
            return read(path), None
        except GraphCascadeError as error:
            message = str(error)
    assert path.stem in message.split("\n")[0], message
    first, *others = message.split("\n")
    if others:  # a list of the invalid lines
        assert first.endswith("are invalid:"), message
        assert all(line.startswith("  ") for line in others[:-1]), message
    assert len(message) < 2_000, message
    return None, message


def keep(content: bytes, name: str, seed: int) -> str:
    """Describes a file that failed, so that it can be written again."""
    return f"{name}, damage {seed}: {content[:3000]!r}"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits memory as Linux does")
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_read_or_is_an_error_of_one_line(name: str, tmp_path: Path) -> None:
    make, read = READERS[name]
    whole = make(tmp_path)
    path = tmp_path / name
    path.write_bytes(whole)
    assert outcome_of(read, path)[1] is None
    refused = 0
    for seed in range(COUNT):
        content = damage(whole, random.Random(f"{name} {seed}"))
        path.write_bytes(content)
        try:
            refused += outcome_of(read, path)[1] is not None
        except BaseException as error:
            raise AssertionError(keep(content, name, seed)) from error
    assert refused > 0


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits memory as Linux does")
@pytest.mark.parametrize("kind", ["retweets", "smpd"])
def test_a_damaged_folder_is_read_or_is_an_error_of_one_line(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    if kind == "retweets":
        folder.mkdir()
        for name, text in TABLES.items():
            (folder / name).write_text(text)
    else:
        write_posts(simulate_posts(num_posts=100, num_users=6, texts=True), folder)
    read = read_retweets if kind == "retweets" else read_smpd
    assert outcome_of(read, folder)[1] is None
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".csv", ".json", ".txt"))
    for seed in range(COUNT):
        chosen = random.Random(f"{kind} {seed}")
        path = chosen.choice(files)
        whole = path.read_bytes()
        content = damage(whole, chosen)
        path.write_bytes(content)
        try:
            outcome_of(read, folder)
        except BaseException as error:
            raise AssertionError(keep(content, path.name, seed)) from error
        path.write_bytes(whole)


def plain_rows(content: bytes, ending: str) -> list[tuple[str, str, float]]:
    """Rows (item, user, time) of a table or of lines, as the standard library reads them."""
    text = content.decode("utf-8-sig")
    rows: list[tuple[str, str, float]] = []
    if ending == "jsonl":
        records = [json.loads(line) for line in text.split("\n") if line.strip()]
        rows = [(str(record["item"]), str(record["user"]), float(record["time"])) for record in records]
    elif ending == "ndm":
        for number, line in enumerate(line for line in text.split("\n") if line.strip()):
            fields = [field.split(",") for field in line.split()]
            rows += [(str(number), user, float(time)) for user, time in fields]
    else:
        table = csv.DictReader(io.StringIO(text), delimiter="\t" if ending == "tsv" else ",")
        rows = [(record["item"].strip(), record["user"].strip(), float(record["time"])) for record in table]
    return rows


def plain_cascades(rows: list[tuple[str, str, float]]) -> list[list[tuple[str, float]]]:
    """Cascades by the rules of the documentation: a stable sort by time, and the first event of each user."""
    cascades: dict[str, dict[str, float]] = {}
    for item, user, time in sorted(rows, key=lambda row: row[2]):
        cascades.setdefault(item, {}).setdefault(user, time)
    return sorted(list(cascade.items()) for cascade in cascades.values())


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "ndm"])
def test_what_is_read_is_what_a_plain_parser_reads(ending: str, tmp_path: Path) -> None:
    """Numbers, ids and lines change, and what separates them stays: those files have one meaning."""
    whole = (FIXTURES / "ndm.txt").read_bytes() if ending == "ndm" else to_table(FRAME, ending, tmp_path)
    path = tmp_path / ("my.txt" if ending == "ndm" else f"my.{ending}")
    words = ["7", "0", "-3", "1e3", "0.5", "00", "+4", ".5", "5.", "1E2", "ann", "Ann", "é", "12"]
    compared = 0
    for seed in range(COUNT):
        chosen = random.Random(f"{ending} {seed}")
        lines = whole.decode().strip("\n").split("\n")
        head, lines = (lines[:1], lines[1:]) if ending in ("csv", "tsv") else ([], lines)
        for _ in range(chosen.randint(1, 4)):
            place = chosen.randrange(len(lines))
            if chosen.random() < 0.4:
                lines[place : place + 1] = chosen.choice(
                    [[lines[place]] * 2, [lines[-1], lines[place]], [lines[place], ""]]
                )
            else:
                old = chosen.choice(["ann", "bob", "1.5", "2.0", "4.0", "12", "100", "x", "y"])
                lines[place] = lines[place].replace(old, chosen.choice(words), 1)
        content = ("\n".join(head + lines) + "\n").encode()
        path.write_bytes(content)
        data, _ = outcome_of(lambda path: read_cascades(path, "ndm" if ending == "ndm" else None), path)
        if data is None:
            continue
        compared += 1
        assert isinstance(data, CascadeDataset)
        frame = to_pandas(data)
        found = [
            list(zip(group["user"], group["time"].astype(float), strict=True)) for _, group in frame.groupby("cascade")
        ]
        expected = plain_cascades(plain_rows(content, ending))
        assert sorted(map(sorted, found)) == sorted(map(sorted, expected)), content
    assert compared > COUNT // 4
