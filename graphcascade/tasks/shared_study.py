from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from graphcascade.errors import MissingFileError, StorageError, UsageError
from graphcascade.io.atomic import storage_error

if TYPE_CHECKING:
    from optuna import Study

__all__ = ["import_optuna", "open_study", "without_warnings"]

NAME = "graphcascade"  # of the study in the database, and of the note about what it searches
HEARTBEAT = 60  # seconds; a trial whose process has shown no sign of life for twice as long has failed


def import_optuna() -> Any:
    """Returns the package optuna, whose own messages are turned off.

    Raises:
        MissingFileError: It is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise MissingFileError(
            "searching for settings needs optuna, which is not installed: pip install 'graphcascade[sweep]'."
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def open_study(place: str | Path | None, key: Mapping[str, Any], lower_is_better: bool) -> Study:
    """Opens a study, or begins one; several processes may take part in it.

    Args:
        place: A file of SQLite, or the address of a database, such as ``postgresql://...``; ``None`` keeps the study in
            memory.
        key: What the study searches: its ``model``, ``data`` (their name and digests), ``options`` and ``space``.
        lower_is_better: Whether a lower figure is better.

    Raises:
        MissingFileError: optuna, or the package of the database, is not installed.
        UsageError: The study there is of another model, other data, other options or another search space.
        StorageError: The file or the database cannot be opened.
    """
    optuna = import_optuna()
    direction = "minimize" if lower_is_better else "maximize"
    pruner = optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=3)
    with without_warnings():
        if place is None:
            study: Study = optuna.create_study(direction=direction, pruner=pruner)
            return study
        with _locked(place):
            storage = _open_storage(place)
            study = optuna.create_study(
                storage=storage, study_name=NAME, direction=direction, pruner=pruner, load_if_exists=True
            )
            if NAME not in study.user_attrs:
                study.set_user_attr(NAME, dict(key))
    difference = _difference(json.loads(json.dumps(study.user_attrs[NAME])), json.loads(json.dumps(dict(key))))
    if difference is not None:
        reason = f"this study {difference}; name another file or database for a new one"
        raise UsageError(argument="study", value=place, reason=reason)
    return study


def _open_storage(place: str | Path) -> Any:
    import sqlalchemy.exc

    optuna = import_optuna()
    is_file = "://" not in str(place)
    url = f"sqlite:///{os.path.abspath(place)}" if is_file else str(place)
    engine = {"connect_args": {"timeout": 60}} if url.startswith("sqlite") else {}
    try:
        return optuna.storages.RDBStorage(
            url, engine_kwargs=engine, heartbeat_interval=HEARTBEAT, grace_period=2 * HEARTBEAT
        )
    except ImportError:
        raise MissingFileError(
            f"{_hide_password(url)}: the Python package of this kind of database, such as psycopg2, is not installed."
        ) from None
    except (sqlalchemy.exc.SQLAlchemyError, RuntimeError) as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        shown = place if is_file else _hide_password(url)
        raise StorageError(
            argument="study", value=shown, reason=f"cannot be opened as a study ({reason.partition(' [SQL')[0]})"
        ) from None


@contextmanager
def _locked(place: str | Path) -> Iterator[None]:
    """Lets one process at a time create the tables of a file; databases that are addresses do so themselves."""
    if "://" in str(place):
        yield
        return
    path = Path(place)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        with lock:
            yield
    except OSError as error:
        if isinstance(error, StorageError | MissingFileError):
            raise
        raise storage_error(path, error) from error


def _difference(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str | None:
    """Returns in what a study differs from the one that is wanted, or ``None``."""
    if found["model"] != wanted["model"]:
        return f"searches settings of {found['model']}, not of {wanted['model']}"
    if found["data"] != wanted["data"]:
        return f"is about other data ({found['name']}) or another split"
    if found["space"] != wanted["space"]:
        return "has another search space"
    names = [*found["options"], *wanted["options"]]
    different = [name for name in names if found["options"].get(name) != wanted["options"].get(name)]
    if different:
        return f"has other options ({different[0]})"
    return None if found["seed"] == wanted["seed"] else f"has another seed ({found['seed']})"


def _hide_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


@contextmanager
def without_warnings() -> Iterator[None]:
    """Hides Optuna's warnings that an argument may change in later versions."""
    optuna = import_optuna()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
