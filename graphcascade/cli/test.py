from __future__ import annotations

from pathlib import Path
from typing import Literal

from graphcascade.errors import DataError, UsageError
from graphcascade.options.read_options import ReadOptions

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
    counter_weight: float | None = None,
    allow_overlap: bool = False,
    model_class: str | None = None,
    overwrite: bool = False,
    json: Path | None = None,
) -> None:
    """Test a saved model on cascades, or on retweets if it ranks tweets.

    Examples:
        graphcascade test runs/my-LSTM my.csv
        graphcascade test runs/my-LSTM new.csv --part all
        graphcascade test runs/my-LSTM my.csv --task cascade --temperature 0.2
        graphcascade test runs/my-LSTM my.csv --task cascade --counter runs/my-SourceCooccurrence

    Args:
        model: Run folder of 'graphcascade fit', or a model file.
        data: A file, or the name of a data set (see 'graphcascade datasets'); a folder of retweets for models that rank
            tweets.
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
        counter_weight: Weight of that baseline, above 0 and at most 1; 0.5 if not given.
        allow_overlap: Also test cascades that the model was trained on; the result counts them. Otherwise they are an
            error, except with --part train.
        model_class: Class of the saved model as package.module:Class, if it is not one of the package.
        overwrite: Replace the file of --json if it exists already.
        json: Also write the result to this file.
    """
    from graphcascade.cli.model_choice import open_model
    from graphcascade.cli.output import write_json
    from graphcascade.evaluation import RolloutProtocol, evaluate_cascades
    from graphcascade.io.lines import shorten
    from graphcascade.models.next_user import CountingModel
    from graphcascade.options import ProtocolOptions
    from graphcascade.tasks import NetworkTask, RankingTask, task_of
    from graphcascade.tasks.run import results_to_dict

    if counter is None and counter_weight is not None:
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
    learner = open_model(model, model_class=model_class)
    baseline = None if counter is None else open_model(counter, "--counter")
    asked = task_of(learner)
    if baseline is not None and not isinstance(baseline, CountingModel):
        raise UsageError(f"--counter {counter}: this is a {type(baseline).__name__}, not a counting baseline.")
    ranks = isinstance(asked, RankingTask)
    if ranks and (task == "cascade" or protocol is not None):
        option = "--task cascade" if task == "cascade" else "--protocol"
        raise UsageError(f"{option} has no effect on {type(learner).__name__}, which {asked.question}; leave it out.")
    if task == "next" and isinstance(asked, NetworkTask):
        raise UsageError(f"{type(learner).__name__} predicts whole cascades, not next users; give --task cascade.")
    notes = learner.notes or {}
    trained = asked.saved_options(notes)
    noun = "retweets" if ranks else "cascades"
    seed = notes.get("seed", 0)
    if not isinstance(seed, int):
        raise DataError(f"{model}: its seed is {shorten(repr(seed))}, which is not a whole number.")
    dataset = asked.read(data, read_options)
    if part != "all":
        try:
            dataset = getattr(asked.split(dataset, trained, seed), part)
        except DataError as error:
            raise DataError(
                f"{data}: cannot be split like the training data, so there is no {part} part; --part all "
                f"tests on all {noun} ({str(error).rstrip('.')})."
            ) from None
        if learner.split is not None and dataset.split is not None and learner.split.digest != dataset.split.digest:
            raise UsageError(
                f"{data}: the model was trained on a part of other {noun}, so there is no {part} part; --part "
                f"all tests on all {noun}."
            )
    overlap = allow_overlap or part == "train"
    if task == "next":
        options = trained if protocol is None else asked.options(testing=ProtocolOptions(protocol=protocol))
        results = asked.test(learner, dataset, asked.trainer(options, seed, True), overlap)
    else:
        weight = 0.0 if baseline is None else 0.5 if counter_weight is None else counter_weight
        rollouts = RolloutProtocol(
            simulations=simulations, temperature=temperature, terminate=terminate, counter_weight=weight
        )
        results = {
            "result": evaluate_cascades(
                learner, dataset, rollouts, seed, progress=True, counter=baseline, allow_overlap=overlap
            )
        }
    for result in results.values():
        print(result)
    write_json(json, results_to_dict(results), overwrite=overwrite)
