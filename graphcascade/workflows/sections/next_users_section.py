from __future__ import annotations

import pandas as pd

from graphcascade.data import CascadeDataset
from graphcascade.data.time_units import format_time
from graphcascade.models.next_user import NextUserPredictor
from graphcascade.report import PageTable, Section
from graphcascade.tasks.table import TASKS
from graphcascade.workflows.sections.part import Part
from graphcascade.workflows.study import Study
from graphcascade.workflows.wording import format_duration

__all__ = ["predict_open_cascades"]

SHOWN_ROWS = 10
SHOWN_USERS = 3
K = 10


def predict_open_cascades(study: Study) -> Part:
    """Returns the section with the next users of the cascades that may still go on, and their times if a model
    predicts them."""
    found, data = study.comparison, study.open_cascades
    task = TASKS["next-user"]
    model = found.best_model
    assert isinstance(model, NextUserPredictor)
    k = min(K, study.dataset.num_users)
    table = task.predict(model, data, k)
    clock = _times_model(study)
    timed = "" if clock is None else type(clock).__name__
    if clock is not None and clock is not model:
        columns = task.predict(clock, data, 1)
        name = next(name for name in map(str, columns) if name.startswith("time"))
        table = table.merge(columns[["cascade", name]], on="cascade", how="left")
    shown = _shorten(table, data)
    result = found.results[found.best][0]
    if "Hit@10" in set(result.metrics["metric"]):
        sure = f"On the test cascades, the right user was among the first ten in {result['Hit@10']:.0%} of the cases."
    else:
        sure = f"On the test cascades, its mean reciprocal rank was {result['MRR']:.2f} (1 if always right)."
    are = "is" if len(data) == 1 else "are"
    text = (
        f"A cascade counts as open if its last event is at most {format_duration(study.longest_wait, data.time_unit)} "
        "before the last event of the data; nine out of ten waits between two events of a cascade are shorter. "
        f"{len(data):,} of {len(study.dataset):,} cascades {are} open. {found.best} ranks their next users. {sure}"
    )
    if timed:
        text += (
            f" The time of the next event is the one that {timed} expects, given that it has not happened until the "
            "last event of the data."
        )
    title = "The open cascades with the latest events" if len(data) > SHOWN_ROWS else "All open cascades"
    return Part(
        Section("Who comes next?", text, [PageTable(shown, title)]),
        {"next-users": table},
        {"open cascades": len(data)},
        f"{len(data):,} of {len(study.dataset):,} cascades {are} still open; next-users.csv has their likeliest next "
        "users.",
    )


def _times_model(study: Study) -> NextUserPredictor | None:
    """Returns the best compared model, on validation, that predicts times."""
    for name in study.comparison.table["model"]:
        model = study.comparison.models.get(name)
        if isinstance(model, NextUserPredictor) and model.predicts_times:
            return model
    return None


def _shorten(table: pd.DataFrame, data: CascadeDataset) -> pd.DataFrame:
    """Makes one row for each of the first cascades."""
    time = next((name for name in table if str(name).startswith("time")), None)
    flat = data.table
    rows = []
    for cascade, part in table.groupby("cascade", sort=False):
        number = int(str(cascade))
        last = float(flat.time[flat.ptr[number + 1] - 1])
        row = {
            "item": part["item"].iloc[0],
            "users so far": int(flat.size[number]),
            "last event": format_time(last, flat.time_unit, flat.times_are_dates),
            "likeliest next users": ", ".join(part["user"].head(SHOWN_USERS)),
        }
        if time is not None:
            value = part[time].iloc[0]
            value = "" if pd.isna(value) else value
            row["expected at"] = f"{value.replace('T', ' ')[:16]} UTC" if isinstance(value, str) and value else value
        rows.append(row)
        if len(rows) == SHOWN_ROWS:
            break
    return pd.DataFrame(rows)
