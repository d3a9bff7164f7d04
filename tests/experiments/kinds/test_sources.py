from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.experiments import reproduce
from graphcascade.io import write_csv
from tests.models.small_data import dataset_of

YAML = """
title: sources
paper: theirs
url: https://example.org
place: Fig. 2
kind: sources
metrics: [sources, sources of one cascade, cascades of the head]
datasets: {data.csv: }
rows: [{name: the files}]
"""


def test_sources_are_counted_and_drawn(tmp_path: Path) -> None:
    # Half of the cascades have one of two sources, the others one of their own.
    cascades = [[k % 4 if k % 2 == 0 else 10 + k, 100 + k] for k in range(80)]
    write_csv(dataset_of(cascades, 220), tmp_path / "data.csv")
    (tmp_path / "mine.yaml").write_text(YAML)
    (result,) = reproduce(tmp_path / "mine.yaml", directory=tmp_path / "out")
    figures = dict(zip(result.figures["metric"], result.figures["measured"], strict=True))
    assert figures["sources"] == 2 + 40
    assert figures["sources of one cascade"] == 40
    assert figures["cascades of the head"] == pytest.approx((40 + 6) / 80)  # a fifth of 42 sources: 8
    assert result.files[1].read_bytes().startswith(b"\x89PNG")
