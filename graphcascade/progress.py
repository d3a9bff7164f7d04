"""Progress bars: tqdm's, on terminals and in notebooks."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

__all__ = ["can_show_progress", "in_notebook", "track"]

StepT = TypeVar("StepT")


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook, such as one of Jupyter, Colab or VS Code."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and "IPKernelApp" in shell.config


def can_show_progress() -> bool:
    """Whether progress bars can be seen: on terminals and in notebooks, but not in files and pipes."""
    return sys.stderr.isatty() or in_notebook()


def track(steps: Sequence[StepT], title: str, progress: bool) -> Iterator[StepT]:
    """Yields the steps and shows a progress bar of them.

    In notebooks it is a widget if ipywidgets is installed, otherwise text.

    Args:
        steps: The steps.
        title: What is done, such as "simulating".
        progress: Whether to show the bar where it can be seen.
    """
    from tqdm.auto import tqdm  # takes longer to import than the rest of this file

    yield from tqdm(steps, title, disable=not (progress and can_show_progress()), leave=False)
