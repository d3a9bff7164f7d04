from __future__ import annotations

from graphcascade.report import PageTable, Picture, Section, draw_comparison
from graphcascade.workflows.prediction_study import PredictionStudy
from graphcascade.workflows.sections.comparison_rows import comparison_rows, left_out_sentence
from graphcascade.workflows.sections.part import Part

__all__ = ["compare_task_models"]


def compare_task_models(study: PredictionStudy) -> Part:
    """Returns the section that compares learned models of a task with its baselines."""
    found = study.comparison
    used = found.table.dropna(subset="test")
    picture = draw_comparison(used, found.metric, "Models on the test data", found.lower_is_better, width=4.2)
    caption = (
        f"The bars are intervals of 95 % over {found.averaged_over}, for one seed: where two of them overlap "
        "widely, the test does not show which model is better."
    )
    text = (
        f"{study.task.metric_meaning} Models were chosen on the validation data and tested once on the test data. "
        f"{found.verdict}{left_out_sentence(found.table)} {study.task.comparison_note(study.data)}"
    ).rstrip()
    content: list[Picture | PageTable] = [
        Picture(picture, caption, f"Test {found.metric} of each model with its interval"),
        PageTable(comparison_rows(used), f"{found.metric} on the validation and the test data"),
    ]
    return Part(
        Section("Which model?", text, content),
        {"models": found.table},
        {"comparison": found.to_dict(), "tested": len(used)},
        found.verdict,
    )
