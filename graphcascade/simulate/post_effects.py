from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["autoregressive", "drifts", "recent_share", "standardise"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def standardise(values: Floats) -> Floats:
    """Returns values with the mean 0 and the standard deviation 1."""
    scaled: Floats = (values - values.mean()) / values.std()
    return scaled


def recent_share(group: Ints, length: int, decay: float) -> Floats:
    """Returns how many of the posts before are of the same group, the nearest ones counting most.

    .. math:: b_i = \\sum_{k=1}^{\\mathrm{length}} \\mathrm{decay}^{k-1} [g_{i-k} = g_i]

    Args:
        group: Group of each post, ``[N]``.
        length: Number of posts to look back.
        decay: Factor by which the weight falls per post.
    """
    share = np.zeros(group.size)
    for back in range(1, min(length, group.size - 1) + 1):
        share[back:] += decay ** (back - 1) * (group[back:] == group[:-back])
    return share


def autoregressive(noise: Floats, correlation: Floats) -> Floats:
    """Returns a process of variance 1 in which each row correlates with the one before.

    .. math:: x_i = \\rho_i x_{i-1} + \\sqrt{1 - \\rho_i^2}\\,\\epsilon_i

    Args:
        noise: Independent values of variance 1, ``[N]`` or ``[N, D]``.
        correlation: Correlation of each row with the one before, ``[N]``; 0 starts anew.
    """
    scale = np.sqrt(1 - correlation**2).reshape(-1, *[1] * (noise.ndim - 1))
    process: Floats = scale * noise
    if noise.ndim == 1:  # plain numbers are faster than rows of one
        values = process.tolist()
        for row, factor in enumerate(correlation.tolist()):
            if factor:
                values[row] += factor * values[row - 1]
        return np.array(values)
    for row in np.flatnonzero(correlation):
        process[row] += correlation[row] * process[row - 1]
    return process


def drifts(noise: Floats, group: Ints, memory: float) -> Floats:
    """Returns a slowly drifting value for each group, seen at the posts of the group.

    This is an Ornstein-Uhlenbeck process for each group: of two posts of a group that are ``d`` posts apart, the values
    correlate with :math:`\\exp(-d / \\mathrm{memory})`.

    Args:
        noise: Independent values of variance 1, ``[N]``.
        group: Group of each post, ``[N]``.
        memory: Number of posts, of all groups, after which the correlation is 1 / e.
    """
    order = np.argsort(group, kind="stable")
    first = np.append(True, np.diff(group[order]) != 0)
    distance = np.where(first, np.inf, np.diff(order, prepend=0))  # infinite to the post of another group before
    values = np.empty_like(noise)
    values[order] = autoregressive(noise[order], np.exp(-distance / memory))
    return values
