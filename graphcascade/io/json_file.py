from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphcascade.io.atomic import atomic_path

__all__ = ["write_json"]


def write_json(path: str | Path, value: Mapping[Any, Any] | list[Any], *, overwrite: bool = False) -> Path:
    """Writes a value as JSON.

    Args:
        path: File to write.
        value: A mapping or a list. NumPy's scalars become numbers; other values that JSON does not have become text.
        overwrite: Whether to replace an existing file.

    Raises:
        StorageError: The file exists, the folder is not writable, or the disk is full.
    """
    path = Path(path)
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_text(json.dumps(value, indent=2, default=_plain, allow_nan=False) + "\n", encoding="utf-8")
    return path


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)
