from __future__ import annotations

from pathlib import Path

from graphcascade.experiments import reproduce
from graphcascade.io import write_csv
from tests.models.small_data import dataset_of

YAML = """
title: a title
paper: a paper
url: https://example.org
place: Table 1
kind: statistics
metrics: [Users, Diffusion sources, Cascades, Average length]
datasets: {data.csv: }
rows: [{name: the files}]
"""


def test_statistics_are_counted_over_all_cascades(tmp_path: Path) -> None:
    write_csv(dataset_of([[0, 1, 2], [0, 1], [2, 0, 3], [4]], 5), tmp_path / "data.csv")
    (tmp_path / "mine.yaml").write_text(YAML)
    (result,) = reproduce(tmp_path / "mine.yaml", directory=tmp_path / "out")
    figures = dict(zip(result.figures["metric"], result.figures["measured"], strict=True))
    assert figures == {"Users": 5, "Diffusion sources": 3, "Cascades": 4, "Average length": 9 / 4}
