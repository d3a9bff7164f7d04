"""Base class of models of when the next event comes, whoever it is."""

from graphcascade.models.point_process.point_process import PointProcess

__all__ = ["PointProcess"]
