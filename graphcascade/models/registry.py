from __future__ import annotations

from typing import Any

from graphcascade.registry import Registry

__all__ = ["MODELS"]

MODELS: Registry[Any] = Registry("model")
"""Models by name: those of the command line, and the only classes of saved models that can be loaded."""
