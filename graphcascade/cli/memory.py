"""Messages for errors that are raised when memory runs out."""

from __future__ import annotations

import errno
import re

__all__ = ["memory_error"]

FAILED = re.compile(r"allocate memory|out of memory|bad_alloc|start new thread|failed to map segment", re.IGNORECASE)
SHAPE = re.compile(r"allocate (?P<size>[\d.]+ \w+) for an array with shape \((?P<shape>[\d, ]+)\)")
BYTES = re.compile(r"allocate (?P<bytes>\d+) bytes")
SIZE = re.compile(r"allocate (?P<size>[\d.]+ [KMGT]i?B)")


def memory_error(error: BaseException) -> str | None:
    """Returns the message for an error that was raised because memory ran out.

    NumPy, PyTorch and the system raise errors of different types for this.

    Returns:
        One line that names what was too large where that is known, or ``None`` for any other error.
    """
    text = " ".join(str(error).split())
    if isinstance(error, OSError):
        if error.errno != errno.ENOMEM:
            return None
    elif not isinstance(error, MemoryError) and not (
        isinstance(error, RuntimeError | ImportError) and FAILED.search(text)
    ):
        return None
    purpose = ""
    if found := SHAPE.search(text):
        purpose = f" for an array of {found['size']}, {' x '.join(re.findall(r'[0-9]+', found['shape']))} values"
    elif found := BYTES.search(text):
        purpose = f" for a tensor of {int(found['bytes']) / 2**30:,.2f} GiB"
    elif found := SIZE.search(text):
        purpose = f" for {found['size']} more"
    return (
        f"there is not enough memory{purpose}{_place(error)}; use less data or a smaller model, or allow more memory."
    )


def _place(error: BaseException) -> str:
    """Names the innermost module of this package that was running."""
    module, trace = "", error.__traceback__
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__", ""))
        if name.startswith("graphcascade.") and not name.startswith("graphcascade.cli."):
            module = name
        trace = trace.tb_next
    return f" in {module}" if module else ""
