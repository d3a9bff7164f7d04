from __future__ import annotations

from graphcascade.plurals import counted
from graphcascade.report import PageTable, Section
from graphcascade.workflows.prediction_study import PredictionStudy
from graphcascade.workflows.sections.part import Part

__all__ = ["show_predictions"]

SHOWN_ROWS = 10


def show_predictions(study: PredictionStudy) -> Part:
    """Returns the section with the predictions of the best model, and sections with details of some of them."""
    task, predicted = study.task, study.predicted
    lead, details = task.page_sections(study.comparison.best_model, predicted, study.data_to_predict)
    is_test = study.data_to_predict is study.parts.test
    which = f"There are no new {task.examples} in the data, so those of the test are predicted." * is_test
    count = counted(predicted[task.subject].nunique(), task.subject)
    text = f"{study.comparison.best}, the best model on the validation data, predicts for {count}. {which} {lead}"
    return Part(
        Section(
            "Predictions",
            " ".join(text.split()),
            [PageTable(task.page_rows(predicted, SHOWN_ROWS), "Some rows of predictions.csv")],
        ),
        {"predictions": predicted},
        {"predictions": {"model": study.comparison.best, task.subject: int(predicted[task.subject].nunique())}},
        details=details,
    )
