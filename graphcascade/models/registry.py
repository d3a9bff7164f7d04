from __future__ import annotations

from graphcascade.models.model import Model
from graphcascade.registry import Registry

__all__ = ["MODELS"]

MODELS: Registry[type[Model]] = Registry("model")
"""Models by name: those of the command line, and the only classes of saved models that can be loaded."""
