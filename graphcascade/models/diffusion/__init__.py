"""Base classes and shared parts of models that infer a network and simulate cascades on it."""

from graphcascade.models.diffusion.diffusion_model import DiffusionModel
from graphcascade.models.diffusion.link_statistics import LinkStatistics
from graphcascade.models.diffusion.rate_model import RateModel
from graphcascade.models.diffusion.transmissions import Transmissions

__all__ = ["DiffusionModel", "LinkStatistics", "RateModel", "Transmissions"]
