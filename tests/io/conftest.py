from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from graphcascade.data import RawEvents

Plain = list[tuple[str, list[tuple[str, float, int]]]]


@pytest.fixture
def fixtures() -> Path:
    """Returns the folder with a small file of each format."""
    return Path(__file__).parent / "fixtures"


@pytest.fixture
def real_data() -> Path:
    """Returns the folder of the published files."""
    folder = os.environ.get("GRAPHCASCADE_DATA")
    if not folder:
        pytest.skip("GRAPHCASCADE_DATA is not set")
    return Path(folder)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Returns a function that writes a file into an empty folder."""

    def write_file(content: str | bytes, name: str = "cascades.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.fixture
def plain() -> Callable[[RawEvents], Plain]:
    """Returns a function that lists for each cascade its item and the (user, time, line) of its events."""

    def make(raw: RawEvents) -> Plain:
        cascades: Plain = [(item, []) for item in raw.item]
        for cascade, user, time, line in zip(raw.cascade, raw.user, raw.time, raw.line, strict=True):
            cascades[cascade][1].append((user, float(time), int(line)))
        return cascades

    return make
