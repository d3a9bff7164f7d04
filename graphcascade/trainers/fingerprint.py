from __future__ import annotations

import hashlib

from graphcascade.data import CascadeDataset
from graphcascade.data.segments import segment_ptr

__all__ = ["fingerprint"]


def fingerprint(data: CascadeDataset | None) -> str:
    """Returns an identifier of the data: the name, and 12 digits of the SHA-256 of who was infected when."""
    if data is None:
        return "none"
    digest = hashlib.sha256()
    digest.update(segment_ptr(data.sizes).numpy().data)
    for name in ("user", "time"):
        for table in data.tables():  # in portions, because they may be larger than the memory
            digest.update(getattr(table, name).numpy().data)
    return f"{data.name} {digest.hexdigest()[:12]}"
