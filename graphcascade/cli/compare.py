from __future__ import annotations

from pathlib import Path
from typing import Any

from graphcascade.cli.own_options import find_task, require_own_options
from graphcascade.errors import UsageError
from graphcascade.options import ReadOptions

__all__ = ["compare"]


def compare(
    data: str,
    read_options: ReadOptions,
    protocol_options: dict[str, Any],
    models: str | None = None,
    task: str | None = None,
    seeds: int = 3,
    seed: int = 0,
    max_epochs: int | None = None,
    budget: float | None = None,
    directory: Path = Path("compared"),
    out: Path | None = None,
    plot: Path | None = None,
    quiet: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Compare models and counting baselines on your data: which one is best, and is it better than counting?

    All models are trained and tested on the same split. Settings and the best model are chosen on the validation data;
    the test data only measure what was chosen. The last line says which model to use, and whether the best learned
    model is better than the best baseline, with an interval of the difference on the same test data.

    Every finished run is kept in the directory, so that the same command continues after an interruption. The models
    there can be used by 'graphcascade predict' and 'graphcascade test'.

    Examples:
        graphcascade compare my.csv
        graphcascade compare my.csv --models LSTM,NDM --seeds 1 --plot comparison.png
        graphcascade compare my.csv --follow-graph follows.csv
        graphcascade compare my.csv --observe 1h    # how big will a cascade get?
        graphcascade compare my-tweets    # a folder of retweets: which tweets does a user retweet?
        graphcascade compare my-posts.csv --text-features lsa    # how popular does a post become?

    Args:
        data: A file, a folder or the name of a dataset, as for 'graphcascade fit'.
        models: Names of the learned models, separated by commas, such as LSTM,NDM; 'graphcascade models' lists all. If
            not given, a few that suit the data. The counting baselines are tested in any case.
        task: What to predict, if the data do not decide it: next-user (who is infected next) or cascade-size (how big
            a cascade gets); for folders of retweets it is ranking, and for posts popularity. If not given, next-user,
            or cascade-size with --observe or --observe-events.
        seeds: Number of times that each model with random weights is trained.
        seed: First random seed, which also decides a random split.
        max_epochs: Maximum number of epochs of each training. If not given, that of 'graphcascade fit'.
        budget: Minutes after which no further training begins.
        directory: Folder that keeps the finished runs.
        out: Also write the table to this file; its ending gives the format: .csv, .tsv, .jsonl, .parquet or .xlsx.
        plot: Also draw the figures with their intervals to this file (.png, .pdf, .svg).
        quiet: Show no progress and no table, only the last line.
        overwrite: Replace output files that exist already.
        json: Also write the table, the last line and all results to this file (.json).
    """
    from graphcascade.cli.comparison_table import print_comparison
    from graphcascade.cli.next_steps import reading_settings, suggest_prediction
    from graphcascade.cli.output import note, write_json
    from graphcascade.io.endings import TABLES, file_format
    from graphcascade.io.table_files import write_table
    from graphcascade.models import find_model
    from graphcascade.options.task_options import make_options
    from graphcascade.report import draw_comparison, save_figure
    from graphcascade.tasks import compare_models, task_of
    from graphcascade.tasks.compare_models import find_compared_task, list_models

    names = None if models is None else [name.strip() for name in models.split(",") if name.strip()]
    if task is not None:
        chosen = find_compared_task(task)
    elif names:
        chosen = find_compared_task(task_of(find_model(names[0], "models")))
    else:
        chosen = find_task(data, read_options, protocol_options)
    require_own_options(chosen, names[0] if names else chosen.compared_models[0].__name__, protocol_options)
    options = make_options(chosen.options, {**protocol_options, "max_epochs": max_epochs})
    list_models(chosen, names, options)  # checks names and options before the data are read
    dataset = chosen.read(data, read_options)
    try:
        comparison = compare_models(
            chosen,
            dataset,
            names,
            options,
            seeds,
            seed=seed,
            budget=budget,
            directory=directory,
            settings={"data": data, **reading_settings(read_options)},
            progress=not quiet,
        )
    except KeyboardInterrupt:
        raise UsageError(
            f"stopped; the same command continues, since finished runs and epochs are in {directory}."
        ) from None
    if not quiet:
        print_comparison(comparison, chosen.data_name(dataset))
    print(comparison.verdict)
    if out is not None:
        write_table(comparison.table, out, file_format(out, TABLES), overwrite=overwrite)
        note(f"wrote {out}")
    if plot is not None:
        title = f"{chosen.title} {chosen.data_name(dataset)}"
        picture = draw_comparison(comparison.table, comparison.metric, title, comparison.lower_is_better)
        note(f"wrote {save_figure(picture, plot, overwrite=overwrite)}")
    write_json(json, comparison.to_dict(), overwrite=overwrite)
    folder = comparison.folders[comparison.best]
    note(f"{comparison.best} is in {folder}; predict with: {suggest_prediction(folder, data, read_options)}")
