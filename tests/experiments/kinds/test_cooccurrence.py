from __future__ import annotations

from pathlib import Path

import pytest

from graphcascade.experiments import reproduce
from graphcascade.io import write_csv
from tests.models.small_data import dataset_of

YAML = """
title: a title
paper: a paper
url: https://example.org
place: Table 1
kind: cooccurrence
metrics: [K 0, 'K 0, top 5 %']
datasets: {data.csv: }
rows: [{name: the files}]
"""


def test_figures_are_those_of_the_analysis(tmp_path: Path) -> None:
    write_csv(dataset_of([[0, 1, 2], [0, 1], [2, 0, 3], [4]], 5), tmp_path / "data.csv")
    (tmp_path / "mine.yaml").write_text(YAML)
    (result,) = reproduce(tmp_path / "mine.yaml", directory=tmp_path / "out")
    figures = dict(zip(result.figures["metric"], result.figures["measured"], strict=True))
    # Neighbours: (0, 1) twice, (1, 2), (0, 2), (0, 3). Users 0 and 1 share two cascades, and so do 0 and 2.
    assert figures == pytest.approx({"K 0": (2 + 2 + 1 + 2 + 1) / 5, "K 0, top 5 %": 2})
    assert result.files[1].read_bytes().startswith(b"\x89PNG")
