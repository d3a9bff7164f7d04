"""Counter-based random numbers, computed by a hash instead of a generator with a state.

Every number is a function of (seed, stream, index). Numbers can be computed in any order, so a simulation does not
depend on how it is divided into parts. The hash is the finaliser of
SplitMix64, from `"Fast Splittable Pseudorandom Number Generators" <https://doi.org/10.1145/2714064.2660195>`_ (Steele,
Lea and Flood, 2014).
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["stream_keys", "uniforms"]

# 64-bit constants of SplitMix64 as signed integers: torch multiplies int64 modulo 2 ** 64.
GAMMA = 0x9E3779B97F4A7C15 - (1 << 64)
MULTIPLIER_1 = 0xBF58476D1CE4E5B9 - (1 << 64)
MULTIPLIER_2 = 0x94D049BB133111EB - (1 << 64)


def stream_keys(seed: int, stream: Tensor) -> Tensor:
    """Computes the keys of streams of random numbers.

    Args:
        seed: Seed, in ``[0, 2 ** 63)``.
        stream: Numbers of the streams, ``[C]`` int64.

    Returns:
        Keys, ``[C]`` int64.
    """
    start = _mix(torch.tensor(seed, dtype=torch.long))
    return _mix((stream + 1) * GAMMA + start)


def uniforms(key: Tensor, index: Tensor) -> Tensor:
    """Returns numbers ``index`` of the streams ``key``, uniform on the open interval (0, 1).

    Args:
        key: Keys from :func:`stream_keys`, ``[E]`` int64.
        index: Indices in the streams, ``[E]`` int64 or a scalar; they may be negative.

    Returns:
        Odd multiples of ``2 ** -53``, ``[E]`` float64: never 0 or 1, symmetric about 1/2.
    """
    bits = _shift(_mix((index * GAMMA) ^ key), 12)
    return bits.double().add_(0.5).mul_(2.0**-52)


def _mix(value: Tensor) -> Tensor:
    """Bijection of 64-bit integers whose output bits each depend on all input bits; changes ``value``."""
    value.bitwise_xor_(_shift(value, 30)).mul_(MULTIPLIER_1)
    value.bitwise_xor_(_shift(value, 27)).mul_(MULTIPLIER_2)
    return value.bitwise_xor_(_shift(value, 31))


def _shift(value: Tensor, bits: int) -> Tensor:
    """Shifts to the right and fills with zeros; torch's own shift repeats the sign."""
    return torch.bitwise_right_shift(value, bits).bitwise_and_((1 << (64 - bits)) - 1)
