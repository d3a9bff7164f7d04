"""Complete workflows, from data to a page."""

from graphcascade.workflows.report import Report, write_report
from graphcascade.workflows.sections import Part
from graphcascade.workflows.study import Study

__all__ = ["Part", "Report", "Study", "write_report"]
