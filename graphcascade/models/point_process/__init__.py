"""Base class of models that predict the time of the next event, but not its user."""

from graphcascade.models.point_process.point_process import PointProcess

__all__ = ["PointProcess"]
