"""Counter-based random numbers, computed by a hash instead of a generator with a state.

Every number is a function of (seed, stream, index). Numbers can be computed in any order, so a simulation does not
depend on how it is divided into parts. The hash is the finaliser of
SplitMix64, from `"Fast Splittable Pseudorandom Number Generators" <https://doi.org/10.1145/2714064.2660195>`_ (Steele,
Lea and Flood, 2014).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

__all__ = ["stream_keys", "uniforms"]

# Constants of SplitMix64. NumPy computes with uint64 modulo 2 ** 64, and shifts zeros in from the left.
GAMMA = 0x9E3779B97F4A7C15
MULTIPLIER_1 = np.uint64(0xBF58476D1CE4E5B9)
MULTIPLIER_2 = np.uint64(0x94D049BB133111EB)

Bits = npt.NDArray[np.uint64]


def stream_keys(seed: int, stream: Tensor) -> Tensor:
    """Computes the keys of streams of random numbers.

    Args:
        seed: Seed, in ``[0, 2 ** 63)``.
        stream: Numbers of the streams, ``[C]`` int64.

    Returns:
        Keys, ``[C]`` int64, on the CPU as all arguments.
    """
    start = _mix(np.array([seed], dtype=np.uint64))
    return torch.from_numpy(_mix(_bits(stream + 1) * np.uint64(GAMMA) + start).view(np.int64))


def uniforms(key: Tensor, index: Tensor) -> Tensor:
    """Returns numbers ``index`` of the streams ``key``, uniform on the open interval (0, 1).

    Args:
        key: Keys from :func:`stream_keys`, ``[E]`` int64.
        index: Indices in the streams, ``[E]`` int64 or a scalar; they may be negative.

    Returns:
        Odd multiples of ``2 ** -53``, ``[E]`` float64 on the CPU, as all arguments: never 0 or 1, symmetric about 1/2.
    """
    bits = _mix((_bits(index) * np.uint64(GAMMA)) ^ _bits(key))
    bits >>= np.uint64(12)
    numbers = bits.view(np.int64).astype(np.float64)  # signed integers are converted faster
    numbers += 0.5
    numbers *= 2.0**-52
    return torch.from_numpy(numbers)


def _bits(value: Tensor) -> Bits:
    return np.atleast_1d(value.numpy()).view(np.uint64)


def _mix(value: Bits) -> Bits:
    """Bijection of 64-bit integers whose output bits each depend on all input bits; changes ``value``."""
    shifted = value >> np.uint64(30)
    value ^= shifted
    value *= MULTIPLIER_1
    np.right_shift(value, np.uint64(27), out=shifted)
    value ^= shifted
    value *= MULTIPLIER_2
    np.right_shift(value, np.uint64(31), out=shifted)
    value ^= shifted
    return value
