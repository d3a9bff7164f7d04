from __future__ import annotations

from pathlib import Path

__all__ = ["models"]


def models(overwrite: bool = False, json: Path | None = None) -> None:
    """List the models that 'graphcascade fit' can train.

    Examples:
        graphcascade models

    Args:
        overwrite: Replace the file of --json if it exists already.
        json: Also write the list to this file.
    """
    import inspect

    import pandas as pd

    from graphcascade.cli.output import print_table, write_json
    from graphcascade.models import MODELS

    rows = [{"name": name, "description": (inspect.getdoc(MODELS[name]) or "").partition("\n")[0]} for name in MODELS]
    print_table(
        pd.DataFrame(rows), "Models", "'graphcascade fit DATA --model NAME' trains a model.", fold="description"
    )
    write_json(json, rows, overwrite=overwrite)
