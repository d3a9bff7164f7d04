from __future__ import annotations

import hashlib

from graphcascade.data import CascadeDataset

__all__ = ["fingerprint"]


def fingerprint(data: CascadeDataset | None) -> str:
    """Returns an identifier of the data: the name, and 12 digits of the SHA-256 of who was infected when."""
    if data is None:
        return "none"
    digest = hashlib.sha256()
    for tensor in (data.table.ptr, data.table.user, data.table.time):
        digest.update(tensor.numpy().tobytes())
    return f"{data.name} {digest.hexdigest()[:12]}"
