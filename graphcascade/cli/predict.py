from __future__ import annotations

from pathlib import Path

from graphcascade.cli.read_options import ReadOptions
from graphcascade.errors import UsageError

__all__ = ["predict"]

DEFAULT_K = 10


def predict(
    model: Path,
    data: str,
    read_options: ReadOptions,
    k: int | None = None,
    out: Path | None = None,
    quiet: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Predict the users who join each cascade next, and when, if the model predicts times.

    Times are predicted from the last event of each cascade. They are dates in UTC if the data have dates, otherwise
    numbers in the unit that the column names.

    Examples:
        graphcascade predict runs/my-LSTM my.csv --k 5 --out next.csv

    Args:
        model: Run folder of 'graphcascade fit', or a model file.
        data: Cascades so far: a file, or the name of a data set. Users unknown to the model are allowed.
        k: Number of users to predict for each cascade. If not given, 10, or all users if there are fewer.
        out: Write all predictions to this file; its ending gives the format: .csv, .tsv, .jsonl or .parquet. The
            predictions for the first cascades are also printed.
        quiet: Show no table and no notes.
        overwrite: Replace output files that exist already.
        json: Also write the predictions to this file.
    """
    from graphcascade.cli.model_choice import model_file
    from graphcascade.cli.output import counted, note, print_table, write_json
    from graphcascade.cli.predicted_times import show_times
    from graphcascade.cli.reading import open_data
    from graphcascade.io.table_files import TABLES, file_format, write_table
    from graphcascade.models import load_model
    from graphcascade.models.next_user import NextUserPredictor
    from graphcascade.prediction import predict_next_users

    learner = load_model(model_file(model))
    if not isinstance(learner, NextUserPredictor):
        raise UsageError(
            f"{type(learner).__name__} infers a network and does not predict next users; test it with 'graphcascade "
            "test --task cascade'."
        )
    dataset = open_data(data, read_options)
    frame = predict_next_users(learner, dataset, min(DEFAULT_K, learner.num_users) if k is None else k)
    complete = len(dataset) - frame["cascade"].nunique()
    if complete:
        note(f"{counted(complete, 'cascade')} without a prediction: all users that the model knows are infected.")
    frame = show_times(frame, dataset)
    first = frame[frame["cascade"] < 3]
    caption = f"the first of {counted(len(dataset), 'cascade')}"
    if not quiet:
        print_table(first, f"Who comes next? {dataset.name}", caption, fold="item")
    if out is not None:
        write_table(frame, out, file_format(out, TABLES), overwrite=overwrite)
        if not quiet:
            note(f"wrote {out}: {counted(len(frame), 'prediction')}")
    write_json(json, frame.to_dict(orient="records"), overwrite=overwrite)
