from __future__ import annotations

from pathlib import Path
from typing import Any

from graphcascade.cli.own_options import require_own_options
from graphcascade.errors import UsageError
from graphcascade.options import ReadOptions

__all__ = ["tune"]


def tune(
    data: str,
    read_options: ReadOptions,
    protocol_options: dict[str, Any],
    model: str = "LSTM",
    trials: int = 20,
    timeout: float | None = None,
    space: Path | None = None,
    study: str | None = None,
    out: Path | None = None,
    seed: int = 0,
    max_epochs: int | None = None,
    plot: Path | None = None,
    quiet: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Search for settings of a model, such as its learning rate, with the best figure on the validation data.

    It needs optuna: pip install 'graphcascade[sweep]'. The first trial has the defaults, if the search space has
    them, and Optuna chooses the others.
    The test data are not used. The folder of the search then has the best settings (config.json, which 'graphcascade
    fit --config' accepts), all trials (trials.csv), and the study (study.db).

    The same command continues the study after an interruption, also with more trials. Several processes, also on
    several machines, can take part in a study: start the same command twice, with the same file or database.

    Examples:
        graphcascade tune my.csv --model LSTM --trials 30
        graphcascade fit --config tuned/my-LSTM/config.json    # train with the best settings, and test once
        graphcascade tune my.csv --model NDM --space space.yaml --timeout 60
        graphcascade tune my.csv --study postgresql://me@server/studies    # a database that several machines share
        graphcascade tune my-posts.csv --model DSN --text-features lsa

    Args:
        data: A file, a folder or the name of a dataset, as for 'graphcascade fit'.
        model: Name of the model, or package.module:Class for a class of your own.
        trials: The search ends with this number of finished trials, including those of earlier runs and of other
            processes.
        timeout: Minutes after which no further trial begins.
        space: YAML file with a range or a list of values for each setting that is searched, such as
            'learning_rate: {low: 0.001, high: 0.05, log: true}' or 'dim: [32, 64]'. A setting is an option of
            'graphcascade fit' or an argument of the model. If not given, a few settings that suit the model.
        study: File or database that keeps the trials: a file of SQLite, or an address such as
            postgresql://user:password@host/name. If not given, study.db in the folder of the search.
        out: Folder of the search. If not given, tuned/DATA-MODEL.
        seed: Random seed of each training, of a random split and of the search.
        max_epochs: Maximum number of epochs of each training. If not given, that of 'graphcascade fit'.
        plot: Also draw the trials to this file (.png, .pdf, .svg).
        quiet: Show no progress and no table.
        overwrite: Replace the files of --plot and --json if they exist already.
        json: Also write the trials to this file.
    """
    from graphcascade.cli.next_steps import reading_settings
    from graphcascade.cli.output import note, write_json
    from graphcascade.cli.tuning_table import print_tuning
    from graphcascade.io.json_file import write_json as write_config
    from graphcascade.io.table_files import write_table
    from graphcascade.models import find_model
    from graphcascade.options.task_options import make_options
    from graphcascade.report import draw_tuning, save_figure
    from graphcascade.tasks import read_space, task_of, tune_model
    from graphcascade.tasks.tune_model import check_tuning

    kind = find_model(model)
    task = task_of(kind)
    require_own_options(task, model, protocol_options)
    options = make_options(task.options, {**protocol_options, "max_epochs": max_epochs})
    values = None if space is None else read_space(space)
    check_tuning(kind, options, trials, timeout, values)  # before the data are read
    dataset = task.read(data, read_options)
    name = task.data_name(dataset)
    folder = Path("tuned") / f"{name}-{kind.__name__}" if out is None else out
    try:
        tuning = tune_model(
            dataset,
            kind,
            options,
            trials,
            timeout=timeout,
            space=values,
            study=str(folder / "study.db") if study is None else study,
            seed=seed,
            settings={"data": data, **reading_settings(read_options), "model": model},
            progress=not quiet,
        )
    except KeyboardInterrupt:
        raise UsageError("stopped; the same command continues with the trials that have finished.") from None
    write_config(folder / "config.json", tuning.config, overwrite=True)
    write_table(tuning.table, folder / "trials.csv", "csv", overwrite=True)
    if not quiet:
        print_tuning(tuning, name)
    if plot is not None:
        title = f"Settings of {tuning.model} on {name}"
        picture = draw_tuning(tuning.table, tuning.metric, title, tuning.default, tuning.lower_is_better)
        note(f"wrote {save_figure(picture, plot, overwrite=overwrite)}")
    write_json(json, tuning.to_dict(), overwrite=overwrite)
    note(
        f"wrote {folder}: config.json, trials.csv; train and test with: graphcascade fit --config {folder}/config.json"
    )
