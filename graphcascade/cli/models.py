from __future__ import annotations

import re
from pathlib import Path

__all__ = ["models"]


def models(overwrite: bool = False, json: Path | None = None) -> None:
    """List the models that 'graphcascade fit' can train, with the task of each.

    Examples:
        graphcascade models

    Args:
        overwrite: Replace the file of --json if it exists already.
        json: Also write the list to this file (.json).
    """
    import inspect

    import pandas as pd

    from graphcascade.cli.output import print_table, write_json
    from graphcascade.models import MODELS
    from graphcascade.tasks import TASKS, task_of

    rows = [
        {"name": name, "task": task.name, "description": _summary(inspect.getdoc(MODELS[name]) or "")}
        for task in TASKS.values()
        for name in MODELS
        if task_of(MODELS[name]) is task
    ]
    print_table(
        pd.DataFrame(rows), "Models", "'graphcascade fit DATA --model NAME' trains a model.", fold="description"
    )
    write_json(json, rows, overwrite=overwrite)


def _summary(docstring: str) -> str:
    """Returns the first line of a docstring as plain text, without the marks of reStructuredText."""
    line = re.sub(r":\w+:`~?(?:\w+\.)*(\w+)`", r"\1", docstring.partition("\n")[0])
    return re.sub(r"``(.+?)``", r"'\1'", line)
