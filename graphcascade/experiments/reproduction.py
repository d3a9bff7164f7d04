from __future__ import annotations

import json
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from graphcascade.errors import DataError, MissingFileError
from graphcascade.experiments.claims import Claim
from graphcascade.experiments.experiment import Experiment
from graphcascade.experiments.report_index import report_index
from graphcascade.html_table import html_table
from graphcascade.io import atomic_path
from graphcascade.number_text import format_number

__all__ = ["Reproduction", "read_report", "write_report"]

VERDICTS = {False: "Not supported", None: "Inconclusive", True: "Supported"}


@dataclass(frozen=True, eq=False)
class Reproduction:
    """An experiment on one dataset: published and measured figures.

    Args:
        experiment: The experiment.
        dataset: Name of the dataset.
        figures: A row for each row and metric: ``row``, ``metric``, ``published`` (NaN where nothing is), ``measured``
            (mean over networks and seeds), ``std`` (standard deviation over the seeds of a network), ``seeds``,
            ``difference``, ``new`` (the figure without test cascades that are in training or have tied times) and
            ``seconds`` (training and test, mean).
        protocols: The protocol of each row.
        chosen: The settings of each row that were chosen on validation.
        claims: The claims of the experiment, and whether paired runs support them, by 95 % intervals.
        skipped: The reason if nothing was measured.
        version: Versions of graphcascade that measured it, with the commit where it ran from a repository.
        files: Pictures and tables that were written.
        left_out: Rows that were not measured, because the data lack what they need, with the reasons.
    """

    experiment: Experiment
    dataset: str
    figures: pd.DataFrame = field(default_factory=pd.DataFrame)
    protocols: dict[str, str] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    skipped: str = ""
    version: str = ""
    files: list[Path] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{self.experiment.name}: {self.dataset}"

    @property
    def command(self) -> str:
        return f"graphcascade reproduce {self.experiment.name} --dataset {self.dataset}"

    @property
    def notes(self) -> list[str]:
        """Lines that explain the table to readers."""
        place = f"{self.experiment.paper}, {self.experiment.place}"
        lines = [f"{self.experiment.title} ({place})."]
        lines += [text for text in (self.experiment.note, self.experiment.datasets.get(self.dataset)) if text]
        if self.skipped:
            return [*lines, f"Skipped: {self.skipped}"]
        lines += [f"Not measured: {row}, because {reason}." for row, reason in self.left_out.items()]
        for supported, words in VERDICTS.items():
            lines += [f"{words}: {claim.words}." for claim in self.claims if claim.supported is supported]
        for protocol in dict.fromkeys(self.protocols.values()):
            rows = [row for row, words in self.protocols.items() if words == protocol]
            is_shared = len(rows) == len(self.protocols)
            lines.append(f"Protocol{'' if is_shared else ' of ' + '; '.join(rows)}: {protocol}.")
        return [*lines, *(f"Chosen on validation for {row}: {words}." for row, words in self.chosen.items() if words)]

    def to_dict(self) -> dict[str, Any]:
        """Returns the reproduction as plain Python values."""
        records = [
            {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
            for row in self.figures.to_dict(orient="records")
        ]
        return {
            "experiment": self.experiment.name,
            "paper": self.experiment.paper,
            "place": self.experiment.place,
            "dataset": self.dataset,
            "command": self.command,
            "version": self.version,
            "skipped": self.skipped or None,
            "figures": records,
            "protocols": self.protocols,
            "chosen": self.chosen,
            "claims": [{"claim": claim.words, "supported": claim.supported} for claim in self.claims],
        }

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Writes the reproduction as JSON.

        Args:
            path: File to write.
            overwrite: Whether to replace a file that exists.

        Raises:
            StorageError: The file exists already; the folder cannot be written to; the disk is full.
        """
        path = Path(path)
        with atomic_path(path, overwrite=overwrite) as temporary:
            temporary.write_text(json.dumps(self.to_dict(), indent=2) + "\n", encoding="utf-8")
        return path

    def to_markdown(self) -> str:
        """Returns the reproduction as a section of a report, in Markdown."""
        lines = [f"## {self.title}", "", *(f"- {note}" for note in self.notes), ""]
        if not self.figures.empty:
            kept = self.figures.dropna(axis=1, how="all").drop(columns=["parameter", "value"], errors="ignore")
            kept = kept.rename(columns={"std": "std over seeds"})
            table = pd.DataFrame({name: [_text(value, name) for value in kept[name]] for name in kept})
            lines += ["| " + " | ".join(table.columns) + " |", "| " + " | ".join("---" for _ in table.columns) + " |"]
            lines += ["| " + " | ".join(row) + " |" for row in table.itertuples(index=False)]
            lines += ["", f"`{self.command}`, graphcascade {self.version}"]
        return "\n".join(lines).rstrip() + "\n"

    def __str__(self) -> str:
        return self.to_markdown()

    def _repr_html_(self) -> str:
        return html_table(self.summary(), self.title, [*self.notes, f"{self.command}, graphcascade {self.version}"])

    def summary(self) -> pd.DataFrame:
        """Returns the figures as text, in a narrow table."""
        if self.figures.empty:
            return pd.DataFrame()
        measured = [_text(value) for value in self.figures["measured"]]
        error = ["" if math.isnan(value) else f" ± {_text(value)}" for value in self.figures["std"]]
        row = self.figures["row"]
        columns = {"row": row.where(row != row.shift(), ""), "metric": self.figures["metric"]}
        columns["paper"] = self.figures["published"].map(_text)
        columns["measured here"] = pd.Series([value + half for value, half in zip(measured, error, strict=True)])
        columns["differ"] = self.figures["difference"].map(lambda value: _text(value, "difference"))
        columns["new"] = self.figures["new"].map(_text)
        columns["s"] = self.figures["seconds"].map(lambda value: _text(value, "seconds"))
        return pd.DataFrame({name: column for name, column in columns.items() if (column != "").any()})


def _text(value: Any, column: Hashable = "") -> str:
    if isinstance(value, float) and math.isnan(value):
        return ""
    if column == "difference":
        return format_number(value, "+,.4g" if abs(value) >= 10 else "+.3f")
    if column == "seconds":
        return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
    if isinstance(value, float):
        digits = 1 if abs(value) >= 10 else 3 if value == 0 or abs(value) >= 0.01 else 5
        return format_number(value, f",.{digits}f").removesuffix(".0")
    return str(value)


HEAD = """# Results

`graphcascade reproduce NAME --report FILE` writes this page: published figures, and what was measured here. The figures
are never edited by hand. A claim gives the mean difference with half of its 95 % interval. Runs are compared in pairs
of the same seed and, for simulated networks, the same network. Random splits share training cascades, so their
intervals are wider (Nadeau and Bengio, 2003). A claim is supported if the whole interval agrees with it, not supported
if the whole interval disagrees, and inconclusive otherwise. Claims that are not supported stay on the page. "Better"
means greater, and smaller for errors such as RMSE.
"""


def read_report(path: str | Path) -> dict[str, str]:
    """Reads the sections of a report.

    Args:
        path: A file of :func:`write_report`, or one that does not exist yet.

    Returns:
        The sections by their titles.

    Raises:
        MissingFileError: The file cannot be read.
        DataError: The file is not a report.
    """
    path = Path(path)
    sections: dict[str, str] = {}
    if path.exists():
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise MissingFileError(f"{path}: cannot be read as text.") from error
        if not text.startswith("# Results\n"):
            raise DataError(f"{path}: not a report of this command; give the name of a new file.")
        for section in text.split("\n## ")[1:]:
            sections[section.partition("\n")[0]] = f"## {section.rstrip()}\n"
    return sections


def write_report(path: str | Path, reproductions: Sequence[Reproduction]) -> Path:
    """Writes sections into a report, in place of older ones of the same experiment and dataset, and its index.

    Args:
        path: The report, which is created if it does not exist.
        reproductions: The results, one for each section.

    Raises:
        MissingFileError: The file exists and cannot be read.
        DataError: The file exists and is not a report.
        StorageError: It cannot be written.
    """
    path = Path(path)
    sections = read_report(path)
    for result in reproductions:
        if not (result.skipped and result.title in sections):  # figures that were measured elsewhere stay
            sections[result.title] = result.to_markdown()
    sections = {title: sections[title] for title in sorted(sections)}
    with atomic_path(path, overwrite=True) as temporary:
        text = "\n".join([HEAD + report_index(sections), *sections.values()])
        temporary.write_text(text, encoding="utf-8")
    return path
