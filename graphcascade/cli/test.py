from __future__ import annotations

from pathlib import Path
from typing import Literal

from graphcascade.cli.read_options import ReadOptions
from graphcascade.errors import DataError, UsageError

__all__ = ["run_test"]


def run_test(
    model: Path,
    data: str,
    read_options: ReadOptions,
    part: Literal["test", "val", "train", "all"] = "test",
    protocol: str | None = None,
    task: Literal["next", "cascade"] = "next",
    simulations: int = 1000,
    temperature: float = 1.0,
    terminate: bool = True,
    counter: Path | None = None,
    counter_weight: float = 0.5,
    allow_overlap: bool = False,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Test a saved model on cascades.

    Examples:
        graphcascade test runs/my-LSTM my.csv
        graphcascade test runs/my-LSTM new.csv --part all
        graphcascade test runs/my-LSTM my.csv --task cascade --temperature 0.2
        graphcascade test runs/my-LSTM my.csv --task cascade --counter runs/my-SourceCooccurrence

    Args:
        model: Run folder of 'graphcascade fit', or a model file.
        data: A file, or the name of a data set (see 'graphcascade datasets').
        part: Part of the split that was made for training; "all" for all cascades, such as new ones. "train" measures
            how well the model fits its training cascades.
        protocol: How to rank users; as in training if not given. The split stays that of the training.
        task: "next" ranks the next user after each event, and also tests times if the model predicts them; "cascade"
            simulates who else is infected, given the source only, and measures F1.
        simulations: Number of simulations of each cascade, for --task cascade.
        temperature: Divides the scores in simulations: below 1 likely users become likelier; 0 always takes the
            likeliest user.
        terminate: Whether a model that predicts the end of a cascade may end a simulation.
        counter: Run folder of a counting baseline trained on the same cascades, for --task cascade: "set" answers then
            combine its scores with those of the model.
        counter_weight: Weight of that baseline, above 0 and at most 1.
        allow_overlap: Also test cascades that the model was trained on; the result counts them. Otherwise they are an
            error, except with --part train.
        overwrite: Replace the file of --json if it exists already.
        json: Also write the result to this file.
    """
    from graphcascade.cli.model_choice import model_file
    from graphcascade.cli.output import write_json
    from graphcascade.cli.reading import open_data
    from graphcascade.evaluation import RolloutProtocol, evaluate, evaluate_cascades, evaluate_times, find_protocol
    from graphcascade.io.lines import shorten
    from graphcascade.models import load_model
    from graphcascade.models.next_user import CountingModel, NextUserPredictor

    if counter is None and counter_weight != 0.5:
        raise UsageError(
            f"--counter-weight {counter_weight:g}: needs a counting baseline: --counter runs/my-SourceCooccurrence."
        )
    if counter is not None and task == "cascade" and counter_weight == 0:
        raise UsageError("--counter-weight 0: the baseline would have no weight; leave out --counter.")
    rolled = {"simulations": (simulations, 1000), "temperature": (temperature, 1.0), "terminate": (terminate, True)}
    idle = [name for name, (given, default) in rolled.items() if given != default and task == "next"]
    if counter is not None and task == "next":
        idle.append("counter")
    if protocol is not None and task == "cascade":
        idle.append("protocol")
    if idle:
        raise UsageError(f"--{idle[0]} has no effect with --task {task}; leave it out.")
    learner = load_model(model_file(model))
    baseline = None if counter is None else load_model(model_file(counter, "--counter"))
    if baseline is not None and not isinstance(baseline, CountingModel):
        raise UsageError(f"--counter {counter}: this is a {type(baseline).__name__}, not a counting baseline.")
    if task == "next" and not isinstance(learner, NextUserPredictor):
        raise UsageError(f"{type(learner).__name__} predicts whole cascades, not next users; give --task cascade.")
    notes = learner.notes or {}
    trained = notes.get("protocol", "chronological")
    seed = notes.get("seed", 0)
    if not isinstance(seed, int):
        raise DataError(f"{model}: its seed is {shorten(repr(seed))}, which is not a whole number.")
    dataset = open_data(data, read_options)
    if part != "all":
        try:
            found = find_protocol(trained).prepare(dataset, seed=seed)
        except DataError as error:
            raise DataError(
                f"{data}: cannot be split like the training data, so there is no {part} part; --part all "
                f"tests on all cascades ({str(error).rstrip('.')})."
            ) from None
        parts = dict(zip(("train", "val", "test"), found, strict=True))
        dataset = parts[part]
        if learner.split is not None and dataset.split is not None and learner.split.digest != dataset.split.digest:
            raise UsageError(
                f"{data}: the model was trained on a part of other cascades, so there is no {part} part; --part "
                "all tests on all cascades."
            )
    times, overlap = None, allow_overlap or part == "train"
    if task == "next" and isinstance(learner, NextUserPredictor):
        rules = find_protocol(protocol or trained, learner.num_users)
        result = evaluate(learner, dataset, rules, seed, allow_overlap=overlap)
        if learner.predicts_times:
            times = evaluate_times(learner, rules.limit(dataset), seed, overlap)
    else:
        weight = 0.0 if baseline is None else counter_weight
        rollouts = RolloutProtocol(
            simulations=simulations, temperature=temperature, terminate=terminate, counter_weight=weight
        )
        result = evaluate_cascades(
            learner, dataset, rollouts, seed, progress=True, counter=baseline, allow_overlap=overlap
        )
    print(result)
    if times is not None:
        print(times)
    figures = result.to_dict() | ({} if times is None else {"times": times.to_dict()})
    write_json(json, figures, overwrite=overwrite)
