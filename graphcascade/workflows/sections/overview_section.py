from __future__ import annotations

import pandas as pd

from graphcascade.data.described_figures import REPAIR_ENDINGS
from graphcascade.report import PageTable, Picture, Section
from graphcascade.workflows.prediction_study import PredictionStudy
from graphcascade.workflows.sections.figure_text import figure_text
from graphcascade.workflows.sections.part import Part

__all__ = ["describe_examples"]

WIDTH = 8.8  # inches, the width of a page


def describe_examples(study: PredictionStudy) -> Part:
    """Returns the section with the counts of posts or retweets, what was repaired, and an overview as a picture."""
    task, data = study.task, study.data
    figures = task.describe(data)
    clock = data.time_unit, task.times_are_dates(data)
    shown = {
        str(name): figure_text(str(name), value, *clock)
        for name, value in figures.items()
        if value is not None and not (value == 0 and str(name).endswith(REPAIR_ENDINGS))
    }
    counts = pd.DataFrame({"figure": list(shown), "value": list(shown.values())})
    figure = task.draw(data)
    width, height = figure.get_size_inches()
    figure.set_size_inches(WIDTH, height * max(WIDTH / width, 0.75))  # the texts keep their size
    picture = Picture(figure, task.overview, f"Overview of the {task.examples}")
    return Part(
        Section("The data", "", [PageTable(counts, "Counts, and what was repaired"), picture]),
        {"data": pd.DataFrame({"figure": figures.index, "value": figures.to_numpy()})},
        {"data": figures.to_dict()},
    )
