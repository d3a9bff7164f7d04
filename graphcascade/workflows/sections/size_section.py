from __future__ import annotations

import pandas as pd

from graphcascade.data import CascadeDataset
from graphcascade.errors import DataError
from graphcascade.options import CascadeSizeOptions, ObservationOptions
from graphcascade.report import PageTable, Section
from graphcascade.tasks import compare_models
from graphcascade.tasks.table import TASKS
from graphcascade.workflows.sections.part import Part
from graphcascade.workflows.study import Study
from graphcascade.workflows.wording import format_duration

__all__ = ["predict_sizes"]

SHOWN_ROWS = 10
SHARE = 0.25  # of the open cascades that are too young for the prediction, at most


def predict_sizes(study: Study) -> Part:
    """Returns the section with the final sizes that open cascades are expected to reach."""
    dataset, data = study.dataset, study.open_cascades
    flat, unit = data.table, dataset.time_unit
    now = float(dataset.table.time.max())
    age = now - flat.time[flat.ptr[:-1]]
    window = min(float(age.quantile(SHARE)), _usual_duration(dataset))
    if window <= 0:
        raise DataError(f"{dataset.name}: the open cascades have only begun, so there is nothing to predict from.")
    observation = ObservationOptions(observe=f"{window:f}{unit or ''}")
    found = compare_models(
        "cascade-size", dataset, [], CascadeSizeOptions(observation=observation), seeds=1, seed=study.seed
    )
    predicted = TASKS["cascade-size"].predict(found.best_model, data)
    shown = pd.DataFrame(
        {
            "item": predicted["item"],
            "users so far": predicted["users so far"],
            "expected size": predicted["size"].map("{:,.1f}".format),
            "90 % interval": [
                f"{lower:,.0f} to {upper:,.0f}" if upper > so_far else "larger than predicted already"
                for lower, upper, so_far in predicted[["lower", "upper", "users so far"]].itertuples(index=False)
            ],
        }
    ).head(SHOWN_ROWS)
    text = (
        f"The final size is predicted from the first {format_duration(window, unit)} of a cascade by {found.best}, the "
        "best of the simple models on the validation cascades. Intervals hold nine out of ten validation cascades; a "
        "cascade that has more users than its interval is larger than predicted already. Recent cascades in the data "
        "may go on, too, so the sizes are rather too small than too large."
    )
    return Part(
        Section("How big will they get?", text, [PageTable(shown, "The open cascades with the latest events")]),
        {"sizes": predicted},
        {"sizes": {"window": window, "model": found.best, "cascades": len(predicted)}},
    )


def _usual_duration(dataset: CascadeDataset) -> float:
    """Returns the median time from the first to the last event of a cascade of several events.

    After a longer window, most cascades have no event that could be learned from.
    """
    table = dataset.table
    several = table.size > 1
    duration = table.time[table.ptr[1:] - 1] - table.time[table.ptr[:-1]]
    return float(duration[several].median())
