from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from graphcascade.errors import UsageError

__all__ = ["run_test"]

SHOWN_INPUTS = 15

ROLLOUT_DEFAULTS: dict[str, Any] = {"simulations": 1000, "temperature": 1.0, "terminate": True, "counter": None}
"""Defaults of the options that only have an effect with --whole-cascades."""


def run_test(
    model: Path,
    data: str,
    given_reading: dict[str, Any],
    part: Literal["test", "val", "train", "all"] = "test",
    protocol: str | None = None,
    whole_cascades: bool = False,
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
    """Test a saved model on cascades, on retweets if it ranks tweets, or on posts if it predicts popularity.

    The data are read with the options that were given for the training; options of reading replace them.

    For trees of CatBoost, it also prints how much each input changes the predictions on average.

    Examples:
        graphcascade test runs/my-LSTM my.csv
        graphcascade test runs/my-LSTM new.csv --part all
        graphcascade test runs/my-LSTM my.csv --whole-cascades --temperature 0.2
        graphcascade test runs/my-LSTM my.csv --whole-cascades --counter runs/my-SourceCooccurrence

    Args:
        model: Run folder of 'graphcascade fit', or a model file.
        data: A file, or the name of a dataset (see 'graphcascade datasets'); a folder of retweets for models that rank
            tweets; a table of posts or a folder of SMPD's files for models that predict popularity.
        part: Part of the split that was made for training; "all" for all cascades, such as new ones. "train" measures
            how well the model fits its training cascades.
        protocol: How to rank users; as in training if not given. The split stays that of the training.
        whole_cascades: Instead of the next user after each event, predict who else is infected, given the source only,
            and measure F1. Models that infer a network are always tested in this way.
        simulations: Number of simulations of each cascade, for --whole-cascades.
        temperature: Divides the scores in simulations: below 1 likely users become likelier; 0 always takes the
            likeliest user.
        terminate: Whether a model that predicts the end of a cascade may end a simulation.
        counter: Run folder of a counting baseline trained on the same cascades, for --whole-cascades: "set" answers
            then combine its scores with those of the model.
        counter_weight: Weight of that baseline, above 0 and at most 1; 0.5 if not given.
        allow_overlap: Also test cascades that the model was trained on; the result counts them. Otherwise they are an
            error, except with --part train.
        model_class: Class of the saved model as package.module:Class, if it is not one of the package.
        overwrite: Replace the file of --json if it exists already.
        json: Also write the result to this file (.json).
    """
    from graphcascade.cli.model_choice import open_counter, open_model, saved_seed
    from graphcascade.cli.output import print_table, write_json
    from graphcascade.cli.read_part import read_part
    from graphcascade.evaluation import RolloutProtocol
    from graphcascade.plurals import counted
    from graphcascade.tasks import CascadeTask, task_of
    from graphcascade.tasks.run import results_to_dict

    require_effect(whole_cascades, protocol, simulations, temperature, terminate, counter, counter_weight)
    learner = open_model(model, model_class=model_class)
    baseline = None if counter is None else open_counter(counter)
    task = task_of(learner)
    trained = task.saved_options(learner.notes or {})
    options = trained if protocol is None else task.with_protocol(trained, protocol)
    seed = saved_seed(learner, model)
    overlap = allow_overlap or part == "train"
    if not whole_cascades:
        dataset = read_part(task, learner, data, given_reading, part, trained, seed)
        results = task.test(learner, dataset, task.trainer(options, seed, True), overlap)
    elif isinstance(task, CascadeTask):
        weight = 0.0 if baseline is None else 0.5 if counter_weight is None else counter_weight
        rollouts = RolloutProtocol(
            simulations=simulations, temperature=temperature, terminate=terminate, counter_weight=weight
        )
        dataset = read_part(task, learner, data, given_reading, part, trained, seed)
        results = {"result": task.test_cascades(learner, dataset, rollouts, seed, True, baseline, overlap)}
    else:
        name = type(learner).__name__
        raise UsageError(
            argument="whole_cascades", reason=f"has no effect on {name}, which {task.model_summary}; leave it out"
        )
    for result in results.values():
        print(result)
    importances = task.importances(learner)
    if importances is not None:
        shown = importances.head(SHOWN_INPUTS).rename_axis("input").reset_index()
        print_table(shown, "Importance of the inputs, %", f"{len(shown)} of {counted(len(importances), 'input')}")
    write_json(json, results_to_dict(results), overwrite=overwrite)


def require_effect(
    whole_cascades: bool,
    protocol: str | None,
    simulations: int,
    temperature: float,
    terminate: bool,
    counter: Path | None,
    counter_weight: float | None,
) -> None:
    """Raises an error if an option was given that has no effect together with the others.

    Raises:
        UsageError: There is such an option.
    """
    if counter is None and counter_weight is not None:
        raise UsageError(
            argument="counter_weight",
            value=counter_weight,
            reason="needs a counting baseline; leave it out, or add",
            remedy=("counter", "runs/my-SourceCooccurrence"),
        )
    if whole_cascades and counter is not None and counter_weight == 0:
        raise UsageError(argument="counter", value=counter, reason="has no effect with a weight of 0; leave it out")
    if whole_cascades and protocol is not None:
        raise UsageError(argument="protocol", value=protocol, reason="has no effect on whole cascades; leave it out")
    values = {"simulations": simulations, "temperature": temperature, "terminate": terminate, "counter": counter}
    for name, value in values.items():
        if not whole_cascades and value != ROLLOUT_DEFAULTS[name]:
            raise UsageError(
                argument=name,
                value=value,
                reason="has an effect on whole cascades only; leave it out, or add",
                remedy=("whole_cascades", True),
            )
