from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any, get_type_hints

from graphcascade.datasets import DATASETS, POST_DATASETS, RETWEET_DATASETS
from graphcascade.errors import DataError, GraphCascadeError, MissingFileError, UnknownNameError, UsageError, suggest
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.kind import KINDS, OPTIONAL_SETTINGS, RUN_SETTINGS, ExperimentKind
from graphcascade.experiments.row import Row
from graphcascade.experiments.value_types import check_value
from graphcascade.io.yaml_text import parse_yaml
from graphcascade.registry import Registry

__all__ = ["find_experiment", "list_experiments"]

CLAIM = {
    "row": str,
    "better_than": list[str],
    "margin": float,
    "within": float,
    "within_share": float,
    "of": str,
    "metrics": list[str],
}


def list_experiments() -> list[str]:
    """Returns the names of the experiments in the package."""
    return sorted(file.name[:-5] for file in resources.files(__package__).iterdir() if file.name.endswith(".yaml"))


def find_experiment(name: str | Path) -> Experiment:
    """Finds an experiment by its name, or reads it from a YAML file of your own.

    Raises:
        UnknownNameError: There is no experiment or no kind of that name; the message has the nearest names.
        MissingFileError: There is no such file.
        DataError: The file is not YAML; a setting is missing, unknown to the kind of experiment, or of a wrong type, or
            has no effect together with the others. The message names the file, the row and the setting.
    """
    text = str(name)
    if text.endswith((".yaml", ".yml")):
        try:
            settings = _parse(text, Path(text).read_text(encoding="utf-8"))
        except OSError as error:
            raise MissingFileError(f"{text}: cannot be read ({error.strerror}).") from error
        except UnicodeDecodeError as error:
            raise DataError(f"{text}: not a text in UTF-8.") from error
        experiment = replace(_build(Path(text).stem, settings, text), folder=Path(text).parent)
        _check_datasets(experiment, text)
        return experiment
    known: Registry[str] = Registry("experiment")
    for entry in list_experiments():
        known.register(entry)(entry)
    return _build(known[text], _read_shipped(known[text]), f"{known[text]}.yaml")


def _check_datasets(experiment: Experiment, where: str) -> None:
    """Raises an error if a file of your own names data that are neither a published dataset nor there."""
    assert experiment.folder is not None
    known = [*DATASETS, *RETWEET_DATASETS, *POST_DATASETS]
    for name in experiment.datasets:
        if name in known or Path(name).is_dir() or (experiment.folder / name).exists():
            continue
        hint = suggest(name, known, "paths are relative to the file of the experiment.")
        raise MissingFileError(
            f"{where}: datasets: {name!r} is no published dataset, and there is no file {experiment.folder / name}; "
            f"{hint}"
        )


def _read_shipped(name: str) -> dict[str, Any]:
    file = resources.files(__package__).joinpath(f"{name}.yaml")
    return _parse(f"{name}.yaml", file.read_text(encoding="utf-8"))


def _parse(where: str, text: str) -> dict[str, Any]:
    settings = parse_yaml(text, where)
    if settings is None:
        raise DataError(f"{where}: the file is empty; see graphcascade/experiments for examples.")
    if not isinstance(settings, dict):
        raise DataError(f"{where}: an experiment has names with values; see graphcascade/experiments for examples.")
    if "like" in settings:  # settings that the file does not give are those of another experiment
        base = settings.pop("like")
        check_value(base, str, f"{where}: like")
        if base not in list_experiments():
            hint = suggest(base, list_experiments(), "see graphcascade experiments.")
            raise UnknownNameError(f"{where}: like: {base} is not an experiment; {hint}")
        settings = _read_shipped(base) | settings
    settings.pop("anchors", None)  # for YAML's references only
    return dict(settings)


def _build(name: str, settings: Mapping[str, Any], where: str) -> Experiment:
    if not settings.get("rows", True) or not settings.get("datasets", True):
        raise DataError(f"{where}: an experiment needs rows and datasets.")
    _check_settings(settings, Experiment, "an experiment", where, hidden={"name", "folder"})
    try:
        kind = KINDS[settings["kind"]]
    except UnknownNameError as error:
        raise UnknownNameError(f"{where}: {error}") from error
    _check_kind(settings, kind, where)
    rows = [_build_row(row, kind, f"{where}, row {number}") for number, row in enumerate(settings["rows"], start=1)]
    names = [row.name for row in rows]
    for number, row_name in enumerate(names, start=1):
        if row_name in names[: number - 1]:
            first = names.index(row_name) + 1
            raise DataError(f"{where}, row {number}: row {first} has the name {row_name!r}, too; rename one of them.")
    _check_claims(settings.get("claims", []), set(names), settings["metrics"], where)
    _check_numbers(settings, where)
    experiment = Experiment(name=name, **{**settings, "kind": kind.name, "rows": tuple(rows)})
    if kind.metrics is not None:
        _check_metrics(settings["metrics"], kind.metrics(experiment), f"{where}: metrics")
    for number, row in enumerate(rows, start=1):
        try:
            row.check_datasets(experiment.datasets)
        except UsageError as error:
            raise DataError(f"{where}, row {number} ({row.name}): {error}") from error
    return experiment


def _check_kind(settings: Mapping[str, Any], kind: ExperimentKind[Any], where: str) -> None:
    """Raises an error if the file has a setting that its kind does not use, or lacks one."""
    for name in sorted(OPTIONAL_SETTINGS - kind.settings):
        if name in settings:
            raise DataError(f"{where}: sets {name}, which the kind {kind.name!r} does not use; leave it out.")
    if "split" in kind.settings and settings.get("split") is None:
        raise DataError(f"{where}: the kind {kind.name!r} needs a split: random, chronological or files.")
    picture = settings.get("picture", "")
    if picture and picture not in kind.pictures:
        others = f"its other pictures are {', '.join(kind.pictures)}" if kind.pictures else "it has no other picture"
        raise DataError(f"{where}: the kind {kind.name!r} has no picture {picture!r}; {others}.")


def _build_row(settings: Any, kind: ExperimentKind[Any], where: str) -> Row:
    if not isinstance(settings, Mapping):
        raise DataError(f"{where}: a row has names with values.")
    if isinstance(settings.get("name"), str):
        where = f"{where} ({settings['name']})"
    _check_settings(settings, kind.row, f"a row of the kind {kind.name!r}", where)
    for setting in ("trainer", "choose_trainer"):
        for name in settings.get(setting, {}):
            if name in RUN_SETTINGS | kind.fixed_settings:
                raise DataError(f"{where}: {setting}.{name} is fixed by the kind {kind.name!r}; leave it out.")
    row: Row = kind.row(**settings)
    try:
        kind.check_model(row)
        row.check()
    except GraphCascadeError as error:
        raise DataError(f"{where}: {error}") from error
    return row


def _check_metrics(metrics: Iterable[str], known: Iterable[str], where: str) -> None:
    names = list(known)
    for metric in metrics:
        if metric not in names:
            hint = suggest(metric, names, f"known are {', '.join(names)}.")
            raise DataError(f"{where}: unknown {metric!r}; {hint}")


def _check_claims(claims: Iterable[Any], rows: set[str], metrics: list[str], where: str) -> None:
    for claim in claims:
        if not isinstance(claim, Mapping) or not claim.keys() <= CLAIM.keys() or "row" not in claim:
            others = ", ".join(sorted(CLAIM.keys() - {"row"}))
            raise DataError(f"{where}: a claim has a row, and of {others}; found {claim}.")
        for key, value in claim.items():
            check_value(value, CLAIM[key], f"{where}: claims.{key}")
        named = {claim["row"], claim.get("of", "published"), *claim.get("better_than", [])}
        for name in sorted(named - rows - {"published"}):
            raise DataError(f"{where}: a claim is about {name!r}, and there is no such row.")
        _check_metrics(claim.get("metrics", []), metrics, f"{where}: claims.metrics")


def _check_numbers(settings: Mapping[str, Any], where: str) -> None:
    names = ("seeds", "networks", "simulations", "validation_simulations")
    numbers = {name: settings[name] for name in names if name in settings}
    numbers |= {f"validation.{name}": value for name, value in settings.get("validation", {}).items()}
    for name, value in numbers.items():
        if value < 1:
            raise DataError(f"{where}: {name} is {value}; it must be at least 1.")


def _check_settings(
    settings: Mapping[str, Any], target: type, owner: str, where: str, hidden: frozenset[str] | set[str] = frozenset()
) -> None:
    """Raises an error unless settings are the fields of a dataclass, with values of their types."""
    known = {entry.name: entry for entry in fields(target) if entry.name not in hidden}
    for name in settings:
        if name not in known:
            hint = suggest(str(name), sorted(known), f"{owner} has {', '.join(sorted(known))}.")
            raise DataError(f"{where}: unknown setting {name!r}; {hint}")
    for name, entry in known.items():
        if entry.default is MISSING and entry.default_factory is MISSING and name not in settings:
            raise DataError(f"{where}: the setting {name!r} is missing.")
    types = get_type_hints(target) | {"rows": list[Any], "claims": list[Any]}
    for name, value in settings.items():
        if not (name == "claims" and value == []):
            check_value(value, types[name], f"{where}: {name}")
