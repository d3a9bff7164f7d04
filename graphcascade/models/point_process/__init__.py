"""Models of when the next event comes, whoever it is."""

from graphcascade.models.point_process.hawkes import HawkesProcess
from graphcascade.models.point_process.point_process import PointProcess
from graphcascade.models.point_process.poisson import PoissonProcess

__all__ = ["HawkesProcess", "PointProcess", "PoissonProcess"]
