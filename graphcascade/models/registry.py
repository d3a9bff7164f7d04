from __future__ import annotations

from typing import Any

from graphcascade.registry import Registry

__all__ = ["MODELS"]

MODELS: Registry[Any] = Registry("model")
"""Models by name: what the command line offers, and the only classes that a saved model can become."""
