from __future__ import annotations

from pathlib import Path
from typing import Any

from graphcascade.errors import UsageError, shorten

__all__ = ["predict"]


def predict(
    model: Path,
    data: str,
    given_reading: dict[str, Any],
    k: int | None = None,
    interval: float | None = None,
    now: str | None = None,
    out: Path | None = None,
    page: Path | None = None,
    page_users: str | None = None,
    model_class: str | None = None,
    quiet: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Predict the users who join each cascade next, and when, the tweets that each user retweets, or popularity.

    The data are read with the options that were given for the training; options of reading replace them.

    Each recommended tweet is listed with its score and, for models with attention over followees, the followees with
    the largest weights.

    For models of the size of cascades, such as CascadeSizeLSTM: the events in the observation window, the predicted
    final size, and the ends of its interval.

    The popularity of posts is predicted for the posts without a label, or for all if each has one: as a label, as a
    number of views, with an interval from the errors on validation posts, and, for models with attention over posts,
    with the earlier posts that weighed most. For models that are trained in epochs, intervals are from the later half
    of the validation posts; the earlier half chose the best epoch. They are as wide for all posts. 'graphcascade test'
    prints the share of the test posts that intervals of 90 % cover.

    Times are predicted given that the next event has not happened until now. They are dates in UTC if the data have
    dates, otherwise numbers in the unit that the column names. The column "state" tells cascades that are open from
    those that are finished: silent for longer than nine out of ten waits of the training cascades, or than any wait
    that the model predicts, so that there is no time.

    Examples:
        graphcascade predict runs/my-LSTM my.csv --k 5 --out next.csv
        graphcascade predict runs/my-CascadeSizeLSTM my.csv --out sizes.csv
        graphcascade predict runs/my-tweets-AMNL my-tweets --k 5 --out recommended.csv
        graphcascade predict runs/my-tweets-AMNL my-tweets --k 5 --page recommended.html --page-users ann,bob
        graphcascade predict runs/my-posts-DSN new-posts.csv --interval 0.8 --page popularity.html

    Args:
        model: Run folder of 'graphcascade fit', or a model file.
        data: Cascades so far: a file, or the name of a dataset; or a folder of retweets; or posts. Users unknown to the
            model are allowed.
        k: Number of users to predict for each cascade, of tweets for each user, or of earlier posts to name for each
            post. If not given, 10, or all if there are fewer; 5 earlier posts.
        interval: Share of the posts whose popularity, or of the cascades whose final size, is to be within the
            predicted interval, such as 0.5. If not given, 0.9.
        now: Time until which the data are complete, as a date or as a number in the unit of the data. Predicted times
            are later. If not given, the last event of the data.
        out: Write all predictions to this file; its ending gives the format: .csv, .tsv, .jsonl, .parquet or .xlsx. The
            predictions for the first cascades are also printed.
        page: Also write the tweets of some users, or some posts, to this page (.html): images, texts, scores or labels,
            and the followees or earlier posts with the largest weights; for trees of CatBoost, also how much each input
            matters.
        page_users: Ids of the users, or posts, on the page, separated by commas. Default: ten users with retweets,
            preferring users who follow somebody; the last ten posts.
        model_class: Class of the saved model as package.module:Class, if it is not one of the package.
        quiet: Show no table and no notes.
        overwrite: Replace output files that exist already.
        json: Also write the predictions to this file (.json).
    """
    from graphcascade.cli.model_choice import open_model
    from graphcascade.cli.output import note, part_caption, print_table, write_json
    from graphcascade.cli.read_as_trained import read_as_trained
    from graphcascade.io.endings import TABLES, file_format
    from graphcascade.io.table_files import write_table
    from graphcascade.plurals import counted
    from graphcascade.tasks import task_of

    learner = open_model(model, model_class=model_class)
    task = task_of(learner)
    if page is not None and not task.has_page:
        reason = f"has no effect on {type(learner).__name__}, which {task.model_summary}; leave it out"
        raise UsageError(argument="page", value=page, reason=reason)
    if page is None and page_users is not None:
        raise UsageError(argument="page_users", value=page_users, reason="has no effect without --page; leave it out")
    if k is not None and k < 1:
        raise UsageError(argument="k", value=k, reason="must be at least 1")
    if interval is not None and not task.has_interval:
        reason = f"has no effect on {type(learner).__name__}, which {task.model_summary}; leave it out"
        raise UsageError(argument="interval", value=interval, reason=reason)
    if interval is not None and not 0 < interval < 1:
        raise UsageError(argument="interval", value=interval, reason="must be between 0 and 1")
    if now is not None and not task.has_clock:
        reason = f"has no effect on {type(learner).__name__}, which {task.model_summary}; leave it out"
        raise UsageError(argument="now", value=now, reason=reason)
    dataset, _ = read_as_trained(task.read, learner, data, given_reading)
    chosen = None if page_users is None else [user.strip() for user in page_users.split(",") if user.strip()]
    unknown = sorted(set(chosen or ()).difference(map(str, task.subjects(dataset))))
    if unknown:
        raise UsageError(
            argument="page_users",
            value=page_users,
            reason=f"there is no {task.subject} {shorten(unknown[0])!r} in {task.data_name(dataset)}",
        )
    dataset = task.add_saved_features(dataset, learner, not quiet)
    clock: dict[str, Any] = {} if now is None else {"now": now}
    frame = task.predict(learner, dataset, k, interval, **clock)
    subjects = task.subjects(dataset)
    missing = len(subjects) - frame[task.subject].nunique()
    if missing:
        note(f"{counted(missing, task.subject)} without a prediction: {task.no_prediction_reason}.")
    shown = task.shown_subjects(frame, dataset)
    place = frame[task.subject].map({subject: number for number, subject in enumerate(shown)})
    first = frame.loc[place.dropna().sort_values(kind="stable").index]
    order = "open ones before finished ones" if "state" in frame else ""
    caption = part_caption(len(shown), len(subjects), task.subject, order, out)
    if not quiet:
        print_table(first, f"{task.title} {task.data_name(dataset)}", caption, fold=task.wrapped_column)
    if out is not None:
        write_table(frame, out, file_format(out, TABLES), overwrite=overwrite)
        if not quiet:
            note(f"wrote {out}: {counted(len(frame), 'prediction')}")
    if page is not None:
        title = f"{task.title} {task.data_name(dataset)}, by {type(learner).__name__}"
        note(f"wrote {task.write_page(learner, frame, dataset, page, chosen, title, overwrite)}")
    write_json(json, frame.to_dict(orient="records"), overwrite=overwrite)
