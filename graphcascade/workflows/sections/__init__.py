"""The sections of a page about cascades, one file each: a function of a :class:`Study` that returns a :class:`Part`."""

from graphcascade.workflows.sections.data_section import describe_data
from graphcascade.workflows.sections.network_section import describe_network
from graphcascade.workflows.sections.part import Part

__all__ = ["Part", "describe_data", "describe_network"]
