"""Base classes of models of the final size of cascades."""

from graphcascade.models.cascade_size.cascade_size_model import CascadeSizeModel, log_growth
from graphcascade.models.cascade_size.encoded_size_model import EncodedSizeModel
from graphcascade.models.cascade_size.fitted_size_model import FittedSizeModel

__all__ = ["CascadeSizeModel", "EncodedSizeModel", "FittedSizeModel", "log_growth"]
