from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from graphcascade.cli.next_steps import reading_settings, suggest_commands
from graphcascade.cli.own_options import require_own_options
from graphcascade.cli.run_folder import check_folder, open_folder
from graphcascade.errors import UsageError
from graphcascade.options import ReadOptions

__all__ = ["fit"]

# The options that set arguments of another name.
RENAMED = {
    "directory": "out",
    "links.encoding": "link_encoding",
    "links.on_error": "invalid_links",
    "links.sep": "link_sep",
    "unknown": "unknown_users",
    "warmup_epochs": "adversary_warmup",
    "DeepWalk.dim": "social_dim",
    "GraphEmbedding.cascade_window": "graph_window",
    "GraphEmbedding.encoder": "graph_encoder",
    "GraphEmbedding.fan_out": "graph_fan_out",
    "GraphEmbedding.layers": "graph_layers",
    "SourceFusion.dropout": "source_dropout",
    "SourceFusion.fusion": "source_fusion",
    "SourceFusion.gate": "source_gate",
}
logger = logging.getLogger(__name__)


def fit(
    data: str,
    read_options: ReadOptions,
    task_options: dict[str, Any],
    model: str = "LSTM",
    model_args: dict[str, Any] | None = None,
    out: Path | None = None,
    seed: int = 0,
    resume: bool = False,
    overwrite: bool = False,
    quiet: bool = False,
    json: Path | None = None,
) -> None:
    """Train a model of next users, of networks, of ranked tweets or of the popularity of posts, and test it once.

    The run folder then holds the configuration (config.json, which --config accepts), the logs, the model
    (model.safetensors), its result (result.json, and times.json if it predicts times), and the results of counting
    baselines (counters.json), and of point processes if the model predicts times (time_baselines.json). If a baseline
    is better on the validation data, or else on the test data, a warning says so and what to try (validation.json has
    the figures and the warning).
    'graphcascade compare' tests several models, and 'graphcascade tune' searches for better settings.

    Examples:
        graphcascade fit my.csv
        graphcascade fit Memetracker --model NDM --model-args.dim 64 --protocol ndm --out runs/ndm
        graphcascade fit my.csv --model LSTM --source-fusion sum --adversary joint
        graphcascade fit my.csv --model LSTM --follow-graph follows.csv --graph-encoder SAGE
        graphcascade fit my.csv --model NDM --follow-graph follows.csv --social-dim 32
        graphcascade fit my-tweets --model AMNL --model-args.score softplus    # a folder of retweets
        graphcascade fit my-tweets --model AMNL --text-features lsa --image-features vgg16
        graphcascade fit my.csv --model CascadeSizeLSTM --observe 1h    # how big will a cascade get?
        graphcascade fit my-posts.csv --model DSN --time-unit s --text-features lsa    # a table of posts
        graphcascade fit my.csv --model my_models:GRU    # class GRU in my_models.py
        graphcascade fit --config runs/ndm/config.json --resume    # after an interruption, or with --max-epochs 100
        torchrun --nproc-per-node 2 -m graphcascade fit Memetracker --model NDM    # in two processes

    Args:
        data: A file, or the name of a dataset (see 'graphcascade datasets'). For models that rank tweets: a folder
            with the tables users, follows, tweets and retweets, or SyntheticRetweets or FlickrFavourites. For models
            that predict popularity: a table with the columns post, user, time and label, a folder of SMPD's files, or
            SMPVideo or SyntheticPosts.
        model: Name of a model, such as LSTM; 'graphcascade models' lists all. Those that infer a network, such as
            Netrate, are tested on whole cascades; AMNL and others rank tweets; DSN and others predict popularity. A
            class of your own is named package.module:Class.
        model_args: Arguments of the model, such as --model-args.dim 32 --model-args.dropout 0.3.
        out: Run folder. If not given, runs/DATA-MODEL, with a number if that folder exists already.
        seed: Random seed of the weights, dropout, order of the examples, and a random split.
        resume: Continue after the last finished epoch in the run folder; the result equals that of a run without an
            interruption.
        overwrite: Replace the run in the folder, and the file of --json.
        quiet: Show no progress bar and no table.
        json: Also write the result to this file (.json).
    """
    from graphcascade.cli.output import note, write_json
    from graphcascade.models import find_model
    from graphcascade.options.task_options import flatten_options, make_options
    from graphcascade.processes import is_first_process, num_processes
    from graphcascade.tasks import fit_and_test, task_of

    if resume and overwrite:
        raise UsageError(argument="resume", reason="continues a run, and overwrite replaces it; give only one of them")
    kind = find_model(model)
    task = task_of(kind)
    if resume and not task.trains_in_epochs(kind):
        raise UsageError(
            argument="resume", reason=f"{model} is not trained in epochs, so there is nothing to continue; leave it out"
        )
    if num_processes() > 1 and not task.trains_in_epochs(kind):
        raise UsageError(
            argument="model",
            value=model,
            reason="is not trained in epochs, which several processes could share; start it without torchrun",
        )
    require_own_options(task, model, task_options)
    options = make_options(task.options, task_options)
    task.check(kind, options)
    trainer = task.trainer(options, seed, not quiet)  # checks its options before the data are read
    dataset, options = task.prepare(task.read(data, read_options), kind, options)
    dataset = task.add_features(dataset, options, not quiet)
    trainer = task.trainer(options, seed, not quiet)
    learner = task.make(kind, dataset, model_args or {}, options, seed, not quiet)
    parts = task.split(dataset, options, seed)
    run = open_folder(out, f"{task.data_name(dataset)}-{kind.__name__}", resume, overwrite)
    feature_notes, tensors = task.describe_features(dataset)
    settings = {"data": data, "model": model, "model_args": model_args, "out": run.path, "seed": seed}
    settings |= flatten_options(options) | reading_settings(read_options)
    with run.lock():
        if is_first_process():  # which has the folder to itself
            check_folder(run, resume, overwrite, task.trains_in_epochs(kind))
        if resume and not run.has_result:
            logger.info("%s: this run has no finished epoch; training starts from the beginning.", run.path)
            resume = False
        try:
            outcome = fit_and_test(
                task,
                learner,
                parts,
                trainer,
                options,
                folder=run,
                settings=settings,
                notes={**task.notes(options), **feature_notes, "seed": seed},
                tensors=tensors,
                resume=resume,
            )
        except KeyboardInterrupt:
            if not task.trains_in_epochs(kind):
                raise
            raise UsageError(describe_interruption(run)) from None
        if not quiet:
            print_run(outcome)
            if outcome.comparison.warning is not None:
                note(suggest_commands(task, model, data, read_options, task_options))
            note(f"wrote {run.path}: " + ", ".join(sorted(path.name for path in run.path.glob("[!.]*"))))
    write_json(json, outcome.to_dict(), overwrite=overwrite)


def describe_interruption(run: Any) -> str:
    """Says how to continue a training that was stopped."""
    if not run.has_checkpoint:
        return "stopped in the first epoch, so nothing was saved."
    command = f"'graphcascade fit --config {run.path / 'config.json'} --resume'"
    return f"stopped; {command} continues after the last finished epoch."


def print_run(run: Any) -> None:
    """Prints the results of a run and compares them with those of the baselines."""
    from graphcascade.cli.output import print_table
    from graphcascade.evaluation import compare_results

    for result in run.results.values():
        print(result)
    if run.comparison.test:
        compared = compare_results([run.result, *run.comparison.test])
        print_table(compared, "Compared with counting baselines")
    if run.comparison.times:
        compared = compare_results([run.results["times"], *run.comparison.times])
        print_table(compared, "Times, compared with point processes")
