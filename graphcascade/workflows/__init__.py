"""Complete workflows, from data to a page."""

from graphcascade.workflows.demo import Demo, run_demo
from graphcascade.workflows.report import Report, write_report
from graphcascade.workflows.sections import Part
from graphcascade.workflows.study import Study

__all__ = ["Demo", "Part", "Report", "Study", "run_demo", "write_report"]
