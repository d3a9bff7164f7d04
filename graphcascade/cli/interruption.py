"""Signals that ask a command to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["interruptible"]

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Makes SIGTERM and SIGHUP raise KeyboardInterrupt as Ctrl-C does, so that temporary files are removed.

    Signals that the process was started to ignore, as ``nohup`` does, stay ignored.

    Yields:
        The number of the signal once one has arrived.
    """
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        first = not received
        received.append(number)
        if first or number == signal.SIGINT:  # a closing terminal sends several signals at once
            raise KeyboardInterrupt

    handlers = {}
    if threading.current_thread() is threading.main_thread():  # Python allows setting handlers only there
        handlers = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in handlers.items():
        if handler in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, stop)
    try:
        yield received
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
