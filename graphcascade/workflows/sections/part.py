from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from graphcascade.report import Section

__all__ = ["Part"]


@dataclass(frozen=True, eq=False)
class Part:
    """A section of a page, with the figures behind it.

    Args:
        section: The section.
        tables: Whole tables by the names of their files without the ending; the section may show a few rows only.
        figures: Figures as plain values, for JSON.
        finding: The main result in a sentence, for the beginning of the page; "" for none.
        details: Further sections that follow it.
    """

    section: Section
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    finding: str = ""
    details: Sequence[Section] = ()
