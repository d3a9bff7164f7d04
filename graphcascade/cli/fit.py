from __future__ import annotations

import inspect
import logging
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from graphcascade.cli.read_options import ReadOptions
from graphcascade.cli.run_folder import check_folder, open_folder
from graphcascade.errors import UsageError
from graphcascade.training_defaults import BATCH_SIZE, LEARNING_RATE, MAX_EPOCHS, MONITOR, PATIENCE

__all__ = ["fit"]

BASELINES = ("Popularity", "SourceCooccurrence", "Markov", "RecentUsers")
ONLY_STARTED = "SourceCooccurrence (only_started)"
# The options that set arguments of another name.
RENAMED = {
    "warmup_epochs": "adversary_warmup",
    "DeepWalk.dim": "social_dim",
    "SourceFusion.dropout": "source_dropout",
    "SourceFusion.fusion": "source_fusion",
    "SourceFusion.gate": "source_gate",
}
logger = logging.getLogger(__name__)


def fit(
    data: str,
    read_options: ReadOptions,
    model: str = "LSTM",
    model_args: dict[str, Any] | None = None,
    out: Path | None = None,
    protocol: str | None = None,
    source_fusion: Literal["none", "sum", "concatenation", "attention"] = "none",
    source_gate: Literal["softmax", "sigmoid", "literal"] = "softmax",
    source_dropout: float = 0.3,
    adversary: Literal["none", "alternate", "joint"] = "none",
    head_share: float | Literal["half"] = 0.2,
    adversary_warmup: int = 5,
    social_dim: int = 0,
    follow_graph: Path | None = None,
    direction: Literal["followee-follower", "follower-followee"] = "followee-follower",
    unknown_users: Literal["error", "drop"] = "error",
    counters: bool = True,
    max_epochs: int = MAX_EPOCHS,
    batch_size: int = BATCH_SIZE,
    learning_rate: float = LEARNING_RATE,
    weight_decay: float = 0.0,
    schedule: Literal["constant", "linear", "cosine", "noam"] = "constant",
    warmup_steps: int = 0,
    gradient_clip: float | None = None,
    patience: int | None = PATIENCE,
    monitor: Literal["mrr", "loss", "either"] = MONITOR,
    seed: int = 0,
    resume: bool = False,
    overwrite: bool = False,
    quiet: bool = False,
    json: Path | None = None,
) -> None:
    """Train a model that predicts who is infected next, or infer a network, and test it once.

    The run folder then holds the configuration (config.json, which --config accepts), the logs, the model
    (model.safetensors), its result (result.json, and times.json if it predicts times), and the results of counting
    baselines (counters.json). If a baseline is better on the validation cascades, a warning says what to try
    (validation.json has the figures and the warning).

    Examples:
        graphcascade fit my.csv
        graphcascade fit Memetracker --model NDM --model-args.dim 64 --protocol ndm --out runs/ndm
        graphcascade fit my.csv --model LSTM --source-fusion sum --adversary joint
        graphcascade fit my.csv --model NDM --follow-graph follows.csv --social-dim 32
        graphcascade fit --config runs/ndm/config.json --resume    # after an interruption, or with --max-epochs 100

    Args:
        data: A file, or the name of a data set (see 'graphcascade datasets').
        model: Name of a model, such as LSTM; 'graphcascade models' lists all. Those that infer a network, such as
            Netrate, are tested on whole cascades.
        model_args: Arguments of the model, such as --model-args.dim 32 --model-args.dropout 0.3.
        out: Run folder. If not given, runs/DATA-MODEL, with a number if that folder exists already.
        protocol: How to split and cut cascades and rank users: chronological, random, ndm, dssf, cyan, topolstm, hidan
            or forest. If not given, chronological, or random if cascades have no order in time: all begin at the same
            time, or times are relative to each cascade's source.
        source_fusion: Combine the vector of each user with a vector of the cascade's source (DSSF), by a sum, by
            concatenation or by attention.
        source_gate: How --source-fusion attention turns scores into weights: "softmax" over all sources, "sigmoid" of
            each score, or "literal", each score divided by their sum as printed in the paper, which is unbounded.
        source_dropout: Share of the training cascades whose source is hidden, below 1, so that the model also learns
            to predict without a known source; for --source-fusion.
        adversary: Train against a discriminator, so that what the model learns from cascades of head sources also
            serves those of tail sources (DSSF). "alternate" trains the discriminator in epochs of its own, as the
            paper does; "joint" trains both in every step. Half of each batch comes from head sources. Works with and
            without --source-fusion.
        head_share: Share of the sources that count as head sources, those with the most training cascades; "half"
            takes as many sources as began half of the cascades; for --adversary.
        adversary_warmup: Epochs before the model is trained against the discriminator; for --adversary. Lower
            it for runs of fewer than 8 epochs.
        social_dim: Number of fixed dimensions of the users' vectors that DeepWalk computes from the follow graph; for
            NDM (NDM+SN).
        follow_graph: File of links between the users, with two users per line, for --social-dim, CTBernoulli and
            CTJaccard; some data sets come with a follow graph.
        direction: Order of the two users in a line.
        unknown_users: What to do with links of users who are in no cascade: stop with an error, or drop and count them.
        counters: Also test the counting baselines; 'false' leaves them out. Whether SourceCooccurrence counts only the
            cascades that the source started is chosen on the validation cascades.
        max_epochs: Maximum number of training epochs.
        batch_size: Number of cascades in a batch.
        learning_rate: Adam's learning rate.
        weight_decay: Adam's weight decay (L2 penalty).
        schedule: How the learning rate changes during training.
        warmup_steps: Number of steps in which the learning rate rises from zero.
        gradient_clip: Maximum norm of the gradients; not clipped if not given.
        patience: Number of epochs without an improvement on validation after which training stops; null for no limit.
        monitor: What counts as an improvement: a higher mean reciprocal rank (mrr), a lower loss, or either. The
            weights with the highest mean reciprocal rank are kept; with loss, those with the lowest loss.
        seed: Random seed of the weights, dropout, order of the cascades, and a random split.
        resume: Continue after the last finished epoch in the run folder; the result equals that of a run without an
            interruption.
        overwrite: Replace the run in the folder, and the file of --json.
        quiet: Show no progress bar and no table.
        json: Also write the result to this file.
    """
    settings = {name: value for name, value in locals().items() if name not in NOT_SAVED} | vars(read_options)

    import torch

    from graphcascade.cli.output import note, print_table, write_json
    from graphcascade.cli.reading import open_data, open_links
    from graphcascade.evaluation import (
        NextUserProtocol,
        Result,
        compare_results,
        evaluate,
        evaluate_cascades,
        evaluate_times,
        find_protocol,
        warn_if_worse,
    )
    from graphcascade.models import MODELS, DiffusionModel, SourceCooccurrence, make_model, save_model
    from graphcascade.models.embedding import DeepWalk
    from graphcascade.models.fittable_model import FittableModel
    from graphcascade.models.next_user import CountingModel, InfluenceModel, NextUserModel, NextUserPredictor
    from graphcascade.nn import SourceFusion
    from graphcascade.trainers import AdversarialTrainer, NextUserTrainer

    if resume and overwrite:
        raise UsageError("--resume continues a run and --overwrite replaces it; give only one of them.")
    kind = MODELS[model]
    if resume and not issubclass(kind, NextUserModel):
        raise UsageError(f"--resume: {model} is not trained in epochs, so there is nothing to continue; leave it out.")
    if not issubclass(kind, NextUserModel):
        names = (*EPOCH_OPTIONS, "adversary", "source_fusion")
        require_defaults(settings, names, f"on {model}, which is not trained in epochs")
    if source_fusion == "none":
        require_defaults(settings, ("source_gate", "source_dropout"), "without --source-fusion")
    elif source_fusion != "attention":
        require_defaults(settings, ("source_gate",), "without --source-fusion attention")
    if adversary == "none":
        require_defaults(settings, ("head_share", "adversary_warmup"), "without --adversary")
    if social_dim < 0:
        raise UsageError(f"--social-dim {social_dim}: must be 0 or more.")
    if social_dim and "social_features" not in inspect.signature(kind).parameters:
        raise UsageError(f"--social-dim: {model} does not use a follow graph (NDM does); leave it out.")
    if follow_graph is not None and not social_dim and not issubclass(kind, InfluenceModel):
        raise UsageError(
            f"--follow-graph has no effect on {model} without --social-dim; leave it out, or add --social-dim 32."
        )
    if protocol is not None:
        find_protocol(protocol)
    fusion: dict[str, Any] = {"fusion": source_fusion, "gate": source_gate, "dropout": source_dropout}
    if source_fusion != "none":
        SourceFusion(1, 1, **fusion)  # checks the options before the data are read
    common = {name: settings[name] for name in EPOCH_OPTIONS} | {"seed": seed, "progress": not quiet}
    if adversary == "none":
        trainer = NextUserTrainer(**common)
    else:
        interval = 2 if adversary == "alternate" else 0
        trainer = AdversarialTrainer(head_share=head_share, every=interval, warmup_epochs=adversary_warmup, **common)
    dataset = open_data(data, read_options)
    if follow_graph is not None:
        links, left_out = open_links(follow_graph, dataset, direction, unknown_users)
        dataset = dataset.with_follow_graph(links, left_out)
    if social_dim and dataset.follow_graph is None:
        raise UsageError(f"--social-dim: {data} has no follow graph; name a file of links with --follow-graph.")
    if protocol is None:
        protocol = settings["protocol"] = "chronological" if dataset.table.ordered else "random"
        if protocol == "random":
            logger.info("%s: %s, so the split is random.", dataset.name, dataset.table.order_problem)
    trainer.protocol, rules = protocol, find_protocol(protocol)
    if rules.split == "files" and dataset.table.part is None:
        raise UsageError(
            f"--protocol {protocol} uses the split that comes with the files, and {data} has none; use "
            "--protocol chronological, or another protocol listed by 'graphcascade fit --help'."
        )
    if rules.split != "files" and dataset.table.part is not None:
        logger.info(
            "%s comes with its own split, but protocol %s makes a %s split (--protocol ndm uses that of the files).",
            dataset.name,
            protocol,
            rules.split,
        )
    shared = {"mask_infected": rules.mask_infected} | ({"terminate": True} if rules.count_end else {})
    known = inspect.signature(kind).parameters  # by default a model agrees with its protocol
    model_args = {name: value for name, value in shared.items() if name in known} | (model_args or {})
    if social_dim:
        assert dataset.follow_graph is not None
        walks = DeepWalk(social_dim, seed=seed, progress=not quiet)
        model_args["social_features"] = walks.fit(dataset.follow_graph)
    torch.manual_seed(seed)
    learner = make_model(model, dataset.num_users, model_args, None if source_fusion == "none" else fusion)
    train, val, held_out = rules.prepare(dataset, seed=seed)
    run = open_folder(out, f"{dataset.name}-{type(learner).__name__}", resume, overwrite)
    folder = settings["out"] = trainer.directory = run.path
    with run.lock():
        check_folder(run, resume, overwrite)
        if resume and not run.has_result:
            logger.info("%s: this run has no finished epoch; training starts from the beginning.", folder)
            resume = False
        with nullcontext() if resume else run.replace():
            if not resume:  # before training, so that an interrupted run can be resumed
                write_json(folder / "config.json", settings, overwrite=True)
            if isinstance(learner, NextUserModel):
                try:
                    trainer.fit(learner, train, val, resume=resume)
                except KeyboardInterrupt:
                    if not run.has_checkpoint:
                        raise UsageError("stopped in the first epoch, so nothing was saved.") from None
                    raise UsageError(
                        f"stopped; 'graphcascade fit --config {folder / 'config.json'} --resume' continues after "
                        "the last finished epoch."
                    ) from None
            elif isinstance(learner, FittableModel):
                learner.progress = not quiet
                learner.fit(train)
            write_json(folder / "config.json", settings, overwrite=True)
            save_model(learner, folder / "model.safetensors", overwrite=True, protocol=protocol, seed=seed, data=data)
        if isinstance(learner, DiffusionModel):
            result = evaluate_cascades(learner, held_out, seed=seed, progress=not quiet)
        else:
            assert isinstance(learner, NextUserPredictor)
            result = trainer.test(learner, held_out)
        result.save(folder / "result.json", overwrite=True)
        times = None
        if isinstance(learner, NextUserModel) and learner.time_head is not None:
            times = evaluate_times(learner, rules.limit(held_out), seed)
            times.save(folder / "times.json", overwrite=True)

        def count(name: str) -> CountingModel:
            baseline = make_model(name, dataset.num_users, {})
            assert isinstance(baseline, CountingModel)
            return baseline.fit(train)

        counted: list[Result] = []
        if counters and isinstance(learner, DiffusionModel):
            counted = [evaluate_cascades(count(name), held_out) for name in BASELINES]
            write_json(folder / "counters.json", [each.to_dict() for each in counted], overwrite=True)
        elif not counters or rules.count_end:
            reason = f"baselines do not predict the end of a cascade, as protocol {rules.name} requires"
            logger.info(
                "%s was not compared with counting baselines: %s.",
                result.model,
                reason if counters else "--counters false",
            )
        else:
            ranked = result.protocol  # with the mask of the model
            assert isinstance(ranked, NextUserProtocol)
            baselines = {name: count(name) for name in BASELINES if name != type(learner).__name__}
            others: list[Result] = []
            if isinstance(learner, NextUserModel):
                baselines[ONLY_STARTED] = SourceCooccurrence(dataset.num_users, only_started=True).fit(train)
                on_val = {
                    name: replace(evaluate(each, val, ranked, seed), model=name) for name, each in baselines.items()
                }
                # Validation chooses between the two ways to count; the default one is kept if they are equal.
                worse = min((ONLY_STARTED, "SourceCooccurrence"), key=lambda name: on_val[name]["MRR"])
                del baselines[worse], on_val[worse]
                others = list(on_val.values())
            counted = [replace(evaluate(each, held_out, ranked, seed), model=name) for name, each in baselines.items()]
            write_json(folder / "counters.json", [each.to_dict() for each in counted], overwrite=True)
            if isinstance(learner, NextUserModel):
                validation = evaluate(learner, val, ranked, seed)
                best = max(others, key=lambda each: each["MRR"])
                warning = warn_if_worse(validation, others, advice(settings, trainer, best.model))
                compared = {
                    "model": validation.to_dict(),
                    "baselines": [each.to_dict() for each in others],
                    "warning": warning,
                }
                write_json(folder / "validation.json", compared, overwrite=True)
        if not quiet:
            print(result)
            if times is not None:
                print(times)
            if counted:
                print_table(compare_results([result, *counted]), "Compared with counting baselines")
            note(f"wrote {folder}: " + ", ".join(sorted(path.name for path in folder.glob("[!.]*"))))
    figures = result.to_dict() | ({} if times is None else {"times": times.to_dict()})
    write_json(json, figures, overwrite=overwrite)


EPOCH_OPTIONS = (
    *("max_epochs", "batch_size", "learning_rate", "weight_decay", "schedule", "warmup_steps", "gradient_clip"),
    *("patience", "monitor"),
)
NOT_SAVED = ("read_options", "resume", "overwrite", "quiet", "json")


def advice(settings: dict[str, Any], trainer: Any, baseline: str) -> str:
    """Returns what to try when a baseline is better than the trained model: options that this run did not use."""
    factor, change = (0.5, "smaller") if trainer.diverged else (2, "larger")
    steps = [f"a {change} --learning-rate ({factor * settings['learning_rate']:g})"]
    if trainer.stopped_early:  # a higher maximum would change nothing
        steps.append(f"more epochs without an improvement (--patience {2 * settings['patience']})")
    elif not trainer.diverged:
        steps.append(f"more epochs (--max-epochs {2 * settings['max_epochs']})")
    if settings["monitor"] != "either":
        steps.append("--monitor either")
    if settings["source_fusion"] == "none":
        steps.append("--source-fusion sum")
    option = "SourceCooccurrence --model-args.only_started true" if baseline == ONLY_STARTED else baseline
    return f"Try {', '.join(steps[:-1])} or {steps[-1]}; or use the baseline itself (--model {option})."


def require_defaults(settings: dict[str, Any], names: tuple[str, ...], why: str) -> None:
    """Raises an error if one of these options, which would have no effect, is not at its default."""
    defaults = inspect.signature(fit).parameters
    for name in names:
        if settings[name] != defaults[name].default:
            raise UsageError(f"--{name.replace('_', '-')} has no effect {why}; leave it out.")
