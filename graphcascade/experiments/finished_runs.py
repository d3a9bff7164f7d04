from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import graphcascade
from graphcascade.errors import DataError
from graphcascade.io import atomic_path

__all__ = ["FinishedRuns"]


class FinishedRuns:
    """Stores finished runs, so that interrupted experiments can continue and experiments can share runs.

    Each run is a JSON file, whose name is a hash of the key: everything that the figures depend on.

    Args:
        directory: Folder of the files.
        code: Version of the code, which is stored with each run but is not part of the key.
    """

    def __init__(self, directory: str | Path, code: str = graphcascade.__version__) -> None:
        self.directory = Path(directory)
        self.code = code

    def get(self, key: Mapping[str, Any], measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Returns the stored run of a key, or measures and stores it.

        Args:
            key: Everything that the figures depend on, see :meth:`~graphcascade.experiments.Case.run`.
            measure: Measures the run, as values that JSON has.

        Returns:
            What ``measure`` returned, with ``seconds`` and ``code``.

        Raises:
            DataError: The file of the run is damaged.
            StorageError: The file cannot be written.
        """
        key = {**key, "version": graphcascade.__version__}
        text = json.dumps(key, sort_keys=True)
        path = self.directory / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        if path.exists():
            try:
                run: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["measured"]
                run["seconds"], run["code"]
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise DataError(f"{path}: damaged; remove the file to repeat the run.") from error
            return run
        start = time.perf_counter()
        measured = measure()
        measured["seconds"] = time.perf_counter() - start
        measured["code"] = self.code
        with atomic_path(path, overwrite=True) as temporary:
            temporary.write_text(json.dumps({"run": key, "measured": measured}, indent=2) + "\n", encoding="utf-8")
        return measured
