from __future__ import annotations

from dataclasses import replace

from graphcascade.errors import DataError
from graphcascade.report import importances_section
from graphcascade.workflows.prediction_study import PredictionStudy
from graphcascade.workflows.sections.part import Part

__all__ = ["explain_predictions"]


def explain_predictions(study: PredictionStudy) -> Part:
    """Returns the section with the importances of the inputs, of the best compared model that has some.

    Raises:
        DataError: No compared model has importances.
    """
    for name in study.comparison.table["model"]:
        model = study.comparison.models.get(name)
        importances = None if model is None else study.task.importances(model)
        if importances is not None:
            section = replace(
                importances_section(importances),
                text=f"These are the importances in {name}, the best of the compared models that have importances.",
            )
            table = importances.rename_axis("input").rename("percent").reset_index()
            return Part(section, {"importances": table}, {"importances": importances.to_dict()})
    raise DataError("none of the compared models has importances of its inputs; CatBoostPopularity has.")
