from __future__ import annotations

import inspect
import logging
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

from graphcascade.cli.run_folder import check_folder, open_folder
from graphcascade.cli.source import Source
from graphcascade.errors import UsageError
from graphcascade.training_defaults import BATCH_SIZE, LEARNING_RATE, MAX_EPOCHS, MONITOR, PATIENCE

__all__ = ["fit"]

COUNTERS = ("Popularity", "SourceCooccurrence", "Markov", "RecentUsers")
logger = logging.getLogger(__name__)


def fit(
    data: str,
    source: Source,
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
    """Train a model of who is infected next, or infer a network, and test it once.

    The run folder then holds the configuration (config.json: give it to --config to run the same again), the logs, the
    model (model.safetensors), its result (result.json; times.json of
    the next time, if it predicts that) and those of the counters beside it (counters.json). If a counter is better on
    the validation cascades, a warning says so and what to try (validation.json has the figures and the warning).

    Examples:
        graphcascade fit my.csv
        graphcascade fit Memetracker --model NDM --model-args.dim 64 --protocol ndm --out runs/ndm
        graphcascade fit my.csv --model LSTM --source-fusion sum --adversary joint
        graphcascade fit my.csv --model NDM --follow-graph follows.csv --social-dim 32
        graphcascade fit --config runs/ndm/config.json --resume    # after an interruption, or with --max-epochs 100

    Args:
        data: A file, or the name of a data set (see 'graphcascade datasets').
        model: Name of a model, such as LSTM; 'graphcascade models' lists them. Models that infer a network, such as
            Netrate, are tested on whole cascades.
        model_args: Arguments of the model, such as --model-args.dim 32 --model-args.dropout 0.3.
        out: Run folder; if not given, runs/DATA-MODEL or the first of that name with a number that is free.
        protocol: How to split, cut, and rank: chronological, random, ndm, dssf, cyan, topolstm, hidan, forest. If not
            given, chronological; random where all cascades begin at the same time.
        source_fusion: Fuse the vectors of users with one of the cascade's source (DSSF): added, concatenated, or mixed
            by attention.
        source_gate: How --source-fusion attention makes shares of its scores: softmax over all sources, sigmoid of
            each score, or "literal", the score divided by their sum, as the paper prints it, which has no bounds.
        source_dropout: Share of the training cascades that go without their source, below 1, so that the model knows
            what to do beside one that is new; for --source-fusion.
        adversary: Train against a discriminator, so that the model learns from the cascades of head sources for those
            of the tail (DSSF): "alternate" has epochs of the discriminator between those of the model, as the paper
            does, and "joint" trains both in every step. Half of each batch comes from head sources. Works with and
            without --source-fusion.
        head_share: Share of the sources that are head, those with the most training cascades; "half" takes as many as
            have half of the cascades; for --adversary.
        adversary_warmup: Epochs before the model is trained against the discriminator; for --adversary. With fewer than
            8 epochs it is to be lowered.
        social_dim: Dimensions of the users' vectors that come from the follow graph, by DeepWalk, and stay fixed; for
            NDM (NDM+SN).
        follow_graph: File of links between the users, two a line, for --social-dim and for CTBernoulli and CTJaccard;
            some data sets bring their own.
        direction: What the two users of a line are.
        unknown_users: What a link with a user of no cascade is: an error, or dropped and counted.
        counters: Test the counters, which cost nothing, beside the model; 'false' leaves them out.
        max_epochs: Most epochs.
        batch_size: Cascades in a batch.
        learning_rate: Learning rate of Adam.
        weight_decay: Weight decay (L2 penalty) of Adam.
        schedule: Course of the learning rate.
        warmup_steps: Steps in which the learning rate rises from zero.
        gradient_clip: Gradients that are longer than this are shortened to it.
        patience: Epochs without an improvement on validation before training stops; null goes on.
        monitor: What an improvement is: a higher mean reciprocal rank, a lower loss, or either of them. The weights of
            the highest rank are kept, or, with loss, those of the lowest loss.
        seed: Seed of weights, dropout, order, and of a random split.
        resume: Go on after the last finished epoch in the run folder; the result is that of a run that was never
            interrupted.
        overwrite: Replace the run that the folder holds, and the file of --json.
        quiet: No progress bar, and no table.
        json: Also write the result to this file.
    """
    settings = {name: value for name, value in locals().items() if name not in NOT_KEPT} | vars(source)

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
    from graphcascade.models import MODELS, DiffusionModel, make_model, save_model
    from graphcascade.models.embedding import DeepWalk
    from graphcascade.models.next_user import CountingModel, InfluenceModel, NextUserModel
    from graphcascade.nn import SourceFusion
    from graphcascade.trainers import AdversarialTrainer, NextUserTrainer

    if resume and overwrite:
        raise UsageError("--resume goes on and --overwrite begins anew: give one of them.")
    kind = MODELS[model]
    if resume and not issubclass(kind, NextUserModel):
        raise UsageError(f"--resume: {model} is fitted at once and has no epochs to go on with; leave it out.")
    if not issubclass(kind, NextUserModel):
        refuse(settings, (*EPOCHS, "adversary", "source_fusion"), f"on {model}, which is fitted at once")
    if source_fusion == "none":
        refuse(settings, ("source_gate", "source_dropout"), "without --source-fusion")
    elif source_fusion != "attention":
        refuse(settings, ("source_gate",), "without --source-fusion attention")
    if adversary == "none":
        refuse(settings, ("head_share", "adversary_warmup"), "without --adversary")
    if social_dim < 0:
        raise UsageError(f"--social-dim {social_dim}: must be 0 or more.")
    if social_dim and "social_features" not in inspect.signature(kind).parameters:
        raise UsageError(f"--social-dim: {model} takes no features of a follow graph, NDM does; leave it out.")
    if follow_graph is not None and not social_dim and not issubclass(kind, InfluenceModel):
        raise UsageError(
            f"--follow-graph has no effect on {model} without --social-dim; leave it out, or add --social-dim 32."
        )
    if protocol is not None:
        find_protocol(protocol)
    fusion: dict[str, Any] = {"fusion": source_fusion, "gate": source_gate, "dropout": source_dropout}
    if source_fusion != "none":
        SourceFusion(1, 1, **fusion)  # what it refuses is refused before the data is read
    common = {name: settings[name] for name in EPOCHS} | {"seed": seed, "progress": not quiet}
    if adversary == "none":
        trainer = NextUserTrainer(**common)
    else:
        every = 2 if adversary == "alternate" else 0
        trainer = AdversarialTrainer(head_share=head_share, every=every, warmup_epochs=adversary_warmup, **common)
    dataset = open_data(data, source)
    if follow_graph is not None:
        links, left_out = open_links(follow_graph, dataset, direction, unknown_users)
        dataset = dataset.with_follow_graph(links, left_out)
    if social_dim and dataset.follow_graph is None:
        raise UsageError(f"--social-dim: {data} has no follow graph; name a file of links with --follow-graph.")
    if protocol is None:
        protocol = settings["protocol"] = "chronological" if dataset.table.ordered else "random"
        if protocol == "random":
            logger.info("%s: all cascades begin at the same time, so the split is random.", dataset.name)
    trainer.protocol, rules = protocol, find_protocol(protocol)
    if rules.split == "files" and dataset.table.part is None:
        raise UsageError(
            f"--protocol {protocol} takes the split that files come with, and {data} comes without; use "
            "--protocol chronological, or another of those in 'graphcascade fit --help'."
        )
    if rules.split != "files" and dataset.table.part is not None:
        logger.info(
            "%s comes with a split of its own; protocol %s makes a %s one (--protocol ndm takes the files').",
            dataset.name,
            protocol,
            rules.split,
        )
    agreed = {"mask_infected": rules.mask_infected} | ({"terminate": True} if rules.count_end else {})
    known = inspect.signature(kind).parameters  # a model and its protocol agree, if not told
    model_args = {name: value for name, value in agreed.items() if name in known} | (model_args or {})
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
            logger.info("%s: no epoch of this run was finished; training starts from the beginning.", folder)
            resume = False
        with nullcontext() if resume else run.replace():
            if not resume:  # before the training, so that an interrupted one can be gone on with
                write_json(folder / "config.json", settings, overwrite=True)
            if isinstance(learner, NextUserModel):
                try:
                    trainer.fit(learner, train, val, resume=resume)
                except KeyboardInterrupt:
                    if not run.has_checkpoint:
                        raise UsageError("stopped in the first epoch; nothing is kept of it.") from None
                    raise UsageError(
                        f"stopped; 'graphcascade fit --config {folder / 'config.json'} --resume' goes on from the last "
                        "whole epoch."
                    ) from None
                if trainer.diverged and trainer.epochs == 0:
                    raise UsageError(
                        f"the training came to nothing in its first epoch, at --learning-rate {learning_rate:g}."
                    )
            elif isinstance(learner, CountingModel | DiffusionModel):
                learner.fit(train)
            write_json(folder / "config.json", settings, overwrite=True)
            save_model(learner, folder / "model.safetensors", overwrite=True, protocol=protocol, seed=seed, data=data)
        if isinstance(learner, DiffusionModel):
            result = evaluate_cascades(learner, held_out, seed=seed, progress=not quiet)
        else:
            result = trainer.test(learner, held_out)
        result.save(folder / "result.json", overwrite=True)
        times = None
        if isinstance(learner, NextUserModel) and learner.time_head is not None:
            times = evaluate_times(learner, rules.limit(held_out), seed)
            times.save(folder / "times.json", overwrite=True)
        beside: list[Result] = []
        if counters and isinstance(learner, DiffusionModel):
            beside = [evaluate_cascades(MODELS[name](dataset.num_users).fit(train), held_out) for name in COUNTERS]
            write_json(folder / "counters.json", [one.to_dict() for one in beside], overwrite=True)
        elif counters and rules.count_end:
            logger.warning("protocol %s: counters predict no end of a cascade, and are left out.", rules.name)
        elif counters:
            ranked = result.protocol  # with the model's own mask
            assert isinstance(ranked, NextUserProtocol)
            baselines = [
                MODELS[name](dataset.num_users).fit(train) for name in COUNTERS if name != type(learner).__name__
            ]
            beside = [evaluate(baseline, held_out, ranked, seed) for baseline in baselines]
            write_json(folder / "counters.json", [one.to_dict() for one in beside], overwrite=True)
            if isinstance(learner, NextUserModel):
                validation, *others = [evaluate(each, val, ranked, seed) for each in (learner, *baselines)]
                best = max(others, key=lambda each: each["MRR"])
                warning = warn_if_worse(validation, others, advice(settings, best.model))
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
            if beside:
                print_table(compare_results([result, *beside]), "Beside what costs nothing")
            note(f"wrote {folder}: " + ", ".join(sorted(path.name for path in folder.glob("[!.]*"))))
    figures = result.to_dict() | ({} if times is None else {"times": times.to_dict()})
    write_json(json, figures, overwrite=overwrite)


EPOCHS = (
    *("max_epochs", "batch_size", "learning_rate", "weight_decay", "schedule", "warmup_steps", "gradient_clip"),
    *("patience", "monitor"),
)
NOT_KEPT = ("source", "resume", "overwrite", "quiet", "json")


def advice(settings: dict[str, Any], baseline: str) -> str:
    """What to try when a baseline is better than the trained model: options that this run did not have."""
    steps = [f"a larger --learning-rate ({2 * settings['learning_rate']:g})"]
    steps.append(f"more epochs (--max-epochs {2 * settings['max_epochs']})")
    if settings["monitor"] != "either":
        steps.append("--monitor either")
    if settings["source_fusion"] == "none":
        steps.append("--source-fusion sum")
    return f"Try {', '.join(steps[:-1])} or {steps[-1]}; or use the baseline itself (--model {baseline})."


def refuse(settings: dict[str, Any], names: tuple[str, ...], why: str) -> None:
    """Raise of the first of these options that is not as it is by default, for it has no effect."""
    defaults = inspect.signature(fit).parameters
    for name in names:
        if settings[name] != defaults[name].default:
            raise UsageError(f"--{name.replace('_', '-')} has no effect {why}; leave it out.")
