from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from graphcascade.data.described_figures import REPAIR_ENDINGS
from graphcascade.plurals import counted
from graphcascade.report import PageTable, Picture, Section, plot_sizes
from graphcascade.workflows.sections.figure_text import figure_text
from graphcascade.workflows.sections.part import Part
from graphcascade.workflows.study import Study

__all__ = ["describe_data"]


def describe_data(study: Study) -> Part:
    """Returns the section with the counts of the data, what was repaired, and the sizes of the cascades."""
    dataset = study.dataset
    figures = dataset.describe(pairs=False)
    repaired = {str(name): value for name, value in figures.items() if str(name).endswith(REPAIR_ENDINGS) and value}
    clock = dataset.table.time_unit, dataset.table.times_are_dates
    shown = {
        str(name): figure_text(str(name), value, *clock) for name, value in figures.items() if name not in repaired
    }
    shown = {name: value for name, value in shown.items() if not name.endswith(REPAIR_ENDINGS)}
    counts = pd.DataFrame({"figure": list(shown), "value": list(shown.values())})
    content: list[Picture | PageTable] = [PageTable(counts, "Counts")]
    if repaired:
        text = (
            f"{len(repaired)} kinds of repairs were made while reading; the second table counts them."
            if (len(repaired) > 1)
            else "One kind of repair was made while reading; the second table counts it."
        )
        table = pd.DataFrame({"repair": list(repaired), "count": list(repaired.values())})
        repairs = [PageTable(table, "Repairs")]
    else:
        text = "The file needed no repairs, and nothing was left out."
        repairs = []
    figure = Figure(figsize=(4.2, 3.2), layout="constrained")
    plot_sizes(dataset, figure.subplots())
    size = dataset.table.size
    small, large = int((size <= 2).sum()), int(size.max())
    caption = (
        f"The share of cascades with at least so many users: {small / len(dataset):.0%} have one or two, and the "
        f"largest has {large:,}. These are counts of all cascades, without an uncertainty."
    )
    content.append(Picture(figure, caption, "Share of the cascades of at least each size"))
    content += repairs
    finding = (
        f"{counted(len(dataset), 'cascade')} with {counted(dataset.table.num_events, 'event')} of "
        f"{counted(int(dataset.seen.sum()), 'user')} were read."
    )
    return Part(
        Section("The data", f"A cascade is the users who took up one item, in order of time. {text}", content),
        {"data": pd.DataFrame({"figure": figures.index, "value": figures.to_numpy()})},
        {"data": figures.to_dict()},
        finding,
    )
