from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_type_hints

import yaml

from graphcascade.errors import DataError, MissingFileError, UnknownNameError
from graphcascade.experiments.value_types import check_value
from graphcascade.models.next_user import AttributionKind
from graphcascade.registry import Registry

__all__ = ["Experiment", "Row", "find_experiment", "list_experiments"]


CLAIM = {"row": str, "above": list[str], "within": float, "within_share": float, "of": str, "metrics": list[str]}


@dataclass(frozen=True)
class Row:
    """A row of an experiment's table.

    Args:
        name: Name in the table.
        model: Name of a model, where there is one.
        published: The published row that it is compared with; none if not given.
        arguments: Arguments of the model.
        trainer: Arguments of :class:`~graphcascade.trainers.NextUserTrainer`.
        epochs: For each data set the numbers of epochs to choose from.
        temperature: Temperatures to choose from.
        choose: Arguments of the model with the values to choose from.
        choose_trainer: Arguments of the trainer with the values to choose from.
        answer: "sampled", the shares of the simulations; or "set", the likeliest users.
        counter_weight: Weights of SourceCooccurrence beside the model to choose from, when all else is chosen; see
            :class:`~graphcascade.evaluation.RolloutProtocol`.
        terminate: Whether the model may end a simulation, or both to choose from; as the experiment says if not given.
        social_dim: Dimensions that DeepWalk's vectors of the follow graph take, see ``NDM(social_features)``.
        by: How closeness is measured, see :func:`~graphcascade.analysis.closest_users`.
        fusion: Arguments of :class:`~graphcascade.nn.SourceFusion`, which takes the place of the user vectors; or none.
        adversary: Arguments of :class:`~graphcascade.trainers.AdversarialTrainer`, which trains it then; or none.
        reading: How alignments tell who infected whom, see :func:`~graphcascade.analysis.infer_parents`.
        parameter: What is varied, where the experiment varies something, and ``value``, the value of this row.
        value: See ``parameter``.
    """

    name: str
    model: str | None = None
    published: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    trainer: dict[str, Any] = field(default_factory=dict)
    epochs: dict[str, list[int]] = field(default_factory=dict)
    temperature: list[float] = field(default_factory=lambda: [1.0])
    choose: dict[str, list[Any]] = field(default_factory=dict)
    choose_trainer: dict[str, list[Any]] = field(default_factory=dict)
    answer: Literal["sampled", "set"] = "sampled"
    counter_weight: list[float] = field(default_factory=lambda: [0.0])
    terminate: bool | list[bool] | None = None
    social_dim: int = 0
    by: Literal["embedding", "attention"] = "embedding"
    fusion: dict[str, Any] | None = None
    adversary: dict[str, Any] | None = None
    reading: AttributionKind = "alignment"
    parameter: str = ""
    value: Any = None


@dataclass(frozen=True)
class Experiment:
    """A table or figure of a paper: the runs to make and the published values.

    Args:
        name: Name, such as "ndm-table2".
        title: What it shows.
        paper: Title of the paper.
        url: Its address.
        place: Place in the paper.
        task: Which of the tasks in :mod:`graphcascade.experiments` measures a row.
        metrics: Figures of the table.
        picture: Which picture shows them; that of the task if not given.
        datasets: Names of the data sets, each with a note that the table carries, or none. In a file of your own also
            files of cascades, by their paths from there.
        rows: Rows of the table.
        seeds: Number of training seeds; 1 if nothing is random.
        split: How cascades are divided, where a task leaves it open: "random" (anew for each seed), "chronological" or
            "files".
        networks: How many networks a simulated data set is made on; figures are means over them.
        simulations: Simulations of each cascade.
        terminate: Whether a model may end a simulation.
        validation: For each data set the number of splits that choices are averaged over.
        validation_simulations: Simulations of each validation cascade.
        published: Data set, row, metric, and the published value.
        claims: What should hold: ``row`` is "above" other rows or published ones (below them in errors), or "within" a
            distance, or a share ("within_share"), "of" another row or its own published one, on every metric or those
            that ``metrics`` names.
        note: Text for readers of the table.
        folder: Where the file of the experiment lies, if it is one of your own.
    """

    name: str
    title: str
    paper: str
    url: str
    place: str
    task: str
    metrics: list[str]
    datasets: dict[str, str | None]
    rows: tuple[Row, ...]
    picture: str = ""
    seeds: int = 1
    split: Literal["random", "chronological", "files"] | None = None
    networks: int = 1
    simulations: int = 1000
    terminate: bool = False
    validation: dict[str, int] = field(default_factory=dict)
    validation_simulations: int = 100
    published: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""
    folder: Path | None = None


def list_experiments() -> list[str]:
    """Names of the experiments in the package."""
    return sorted(file.name[:-5] for file in resources.files(__package__).iterdir() if file.name.endswith(".yaml"))


def find_experiment(name: str | Path) -> Experiment:
    """An experiment by its name, or from a YAML file of your own.

    Raises:
        UnknownNameError: There is none of that name; the message has the nearest names.
        MissingFileError: There is no such file.
        DataError: The file is not YAML, lacks something, or has something that experiments do not have.
    """
    text = str(name)
    if text.endswith((".yaml", ".yml")):
        try:
            found = _parse(text, Path(text).read_text(encoding="utf-8"))
            return replace(_build(Path(text).stem, found, text), folder=Path(text).parent)
        except OSError as error:
            raise MissingFileError(f"{text}: cannot be read ({error.strerror}).") from error
        except UnicodeDecodeError as error:
            raise DataError(f"{text}: not a text in UTF-8.") from error
    known: Registry[str] = Registry("experiment")
    for one in list_experiments():
        known.register(one)(one)
    return _build(known[text], _shipped(known[text]), f"{known[text]}.yaml")


def _shipped(name: str) -> dict[str, Any]:
    file = resources.files(__package__).joinpath(f"{name}.yaml")
    return _parse(f"{name}.yaml", file.read_text(encoding="utf-8"))


def _parse(where: str, text: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise DataError(f"{where}: not YAML ({' '.join(str(error).split())}).") from error
    if not isinstance(found, dict):
        raise DataError(f"{where}: an experiment has names with values; see graphcascade/experiments for examples.")
    base = found.pop("like", None)
    if base is not None:  # the same runs, other figures of them
        if base not in list_experiments():
            raise UnknownNameError(f"{where}: like: {base} is not an experiment.")
        found = _shipped(base) | found
    found.pop("anchors", None)  # what rows have in common
    return dict(found)


def _build(name: str, found: Mapping[str, Any], where: str) -> Experiment:
    if not found.get("rows", True) or not found.get("datasets", True):
        raise DataError(f"{where}: an experiment needs rows and datasets.")
    _check(found, Experiment, {"name", "folder"}, where)
    rows = []
    for number, row in enumerate(found["rows"]):
        place = f"{where}, row {number + 1}"
        if not isinstance(row, Mapping):
            raise DataError(f"{place}: a row has names with values.")
        _check(row, Row, set(), place)
        rows.append(Row(**row))
    for claim in found.get("claims", []):
        if not isinstance(claim, Mapping) or not claim.keys() <= CLAIM.keys() or "row" not in claim:
            raise DataError(
                f"{where}: a claim has a row, and of {', '.join(sorted(CLAIM.keys() - {'row'}))}; found {claim}."
            )
        for key, value in claim.items():
            check_value(value, CLAIM[key], f"{where}: claims.{key}")
        named = {claim["row"], claim.get("of", "published"), *claim.get("above", [])}
        for name in sorted(named - {row.name for row in rows} - {"published"}):
            raise DataError(f"{where}: a claim is about {name!r}, and there is no such row.")
    numbers = {
        key: found[key] for key in ("seeds", "networks", "simulations", "validation_simulations") if key in found
    }
    numbers |= {f"validation.{key}": value for key, value in found.get("validation", {}).items()}
    for key, value in numbers.items():
        if value < 1:
            raise DataError(f"{where}: {key} is {value}; it must be at least 1.")
    return Experiment(name=name, **{**found, "rows": tuple(rows)})


def _check(found: Mapping[str, Any], kind: type, given: set[str], where: str) -> None:
    known = {one.name: one for one in fields(kind)}
    for name in found:
        if name not in known or name in given:
            raise DataError(f"{where}: unknown {name!r}; there are {', '.join(sorted(known.keys() - given))}.")
    for name, one in known.items():
        required = one.default is MISSING and one.default_factory is MISSING
        if required and name not in found and name not in given:
            raise DataError(f"{where}: {name} is missing.")
    hints = get_type_hints(kind) | {"rows": list[Any], "claims": list[Any]}
    for name, value in found.items():
        if not (name == "claims" and value == []):
            check_value(value, hints[name], f"{where}: {name}")
