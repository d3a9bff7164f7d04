from __future__ import annotations

from graphcascade.models.model import Model

__all__ = ["NextUserPredictor"]


class NextUserPredictor(Model):
    """Base class of models that predict who is infected next, whether trained by gradients or not."""
