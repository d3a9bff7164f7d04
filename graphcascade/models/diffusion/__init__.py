"""Models that infer a network, and predict by letting cascades spread on it."""

from graphcascade.models.diffusion.diffusion_model import DiffusionModel
from graphcascade.models.diffusion.embedded_ic import EmbeddedIC
from graphcascade.models.diffusion.infopath import Infopath
from graphcascade.models.diffusion.netrate import Netrate
from graphcascade.models.diffusion.rate_model import RateModel
from graphcascade.models.diffusion.transmissions import Transmissions

__all__ = ["DiffusionModel", "EmbeddedIC", "Infopath", "Netrate", "RateModel", "Transmissions"]
