"""The directive ``measured``: some figures of docs/results.md as a table, so that no figure is written twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from graphcascade.experiments import read_report
from graphcascade.experiments.report_index import section_anchor, table_rows


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(";")]


class Measured(SphinxDirective):
    """Shows the figures of some rows and metrics of a section of the results, with a link to the section.

    The argument is the title of the section. The options ``rows`` and ``metrics`` are names that are separated by
    semicolons. A name that the section does not have is an error.
    """

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "rows": directives.unchanged_required,
        "metrics": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        results = Path(self.env.srcdir) / "results.md"
        self.env.note_dependency(str(results))
        (title,) = self.arguments
        sections = read_report(results)
        if title not in sections:
            raise self.error(f"docs/results.md has no section {title!r}")
        figures = {(row["row"], row["metric"]): row for row in table_rows(sections[title])}
        rows, metrics = _names(self.options["rows"]), _names(self.options["metrics"])
        lines = [f"| model | {' | '.join(metrics)} |", f"|{' --- |' * (len(metrics) + 1)}"]
        for row in rows:
            missing = [metric for metric in metrics if (row, metric) not in figures]
            if missing:
                raise self.error(f"{title}: docs/results.md has no {missing[0]!r} of {row!r}")
            cells = [self._figure(figures[row, metric]) for metric in metrics]
            lines.append(f"| {row} | {' | '.join(cells)} |")
        lines += ["", f"Measured by `graphcascade reproduce {title.partition(': ')[0]}` on {title.partition(': ')[2]};"]
        lines += [f"see [all its figures](/results.md#{section_anchor(title)})."]
        return self.parse_text_to_nodes("\n".join(lines))

    @staticmethod
    def _figure(row: dict[str, str]) -> str:
        return row["measured"] + (f" ± {row['std over seeds']}" if row.get("std over seeds") else "")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("measured", Measured)
    return {"parallel_read_safe": True}
