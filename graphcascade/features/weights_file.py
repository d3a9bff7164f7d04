"""Weights of networks from files, without running code that a file may contain."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from graphcascade.errors import DataError
from graphcascade.io.lines import require_file

__all__ = ["read_weights"]

LOADING_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SafetensorError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)
"""Errors that files of other kinds, and damaged files, can cause."""


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """Reads the weights of a network by name.

    Args:
        path: A safetensors file, or a file that ``torch.save`` wrote, with tensors by name, alone or as
            ``"state_dict"``. Nothing else is accepted from such a file, because a pickle may run code.

    Raises:
        MissingFileError: There is no such file.
        DataError: The file is damaged, or has anything else than tensors by name.
    """
    path = require_file(path)
    try:
        if path.suffix.lower() == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about files that cause an error anyway
            content = torch.load(path, map_location="cpu", weights_only=True)
    except LOADING_ERRORS as error:
        reason = " ".join(str(error).split())[:80] or type(error).__name__
        raise DataError(
            f"{path}: not a safetensors file, or a file of torch.save that has weights only ({reason})."
        ) from error
    if isinstance(content, dict):
        content = content.get("state_dict", content)
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise DataError(f"{path}: must have tensors by name, alone or as 'state_dict'.")
    return {str(name): value for name, value in content.items()}
