from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from graphcascade.data import CascadeDataset
from graphcascade.datasets.registry import DATASETS
from graphcascade.simulate import cyan_cascades

__all__ = ["CYANSynthetic"]


class CYANSynthetic(CascadeDataset):
    """The simulated cascades of Section 4.2 of the CYAN-RNN paper, over 32 users; no files are needed.

    From "`Cascade Dynamics Modeling with Attention-based Recurrent Neural Network
    <https://doi.org/10.24963/ijcai.2017/416>`_". The four sets of the paper are registered as ``cyan-cp-exp``,
    ``cyan-cp-ray``, ``cyan-random-exp`` and ``cyan-random-ray``.

    Args:
        network: Stochastic Kronecker network that the cascades spread on.
        delays: Family of the delays from one user to the next.
        network_seed: Seed of the network and of its rates.
        seed: Seed of the cascades.
        num_cascades: Number of cascades.
        transform: Applied to each cascade when it is accessed.
    """

    origin = "simulated"
    published_users = 32
    published_cascades = 20_000

    def __init__(
        self,
        network: Literal["core-periphery", "random"] = "core-periphery",
        delays: Literal["exponential", "rayleigh"] = "exponential",
        network_seed: int = 0,
        seed: int = 0,
        num_cascades: int = published_cascades,
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        simulated = cyan_cascades(network, delays, num_cascades=num_cascades, network_seed=network_seed, seed=seed)
        super().__init__(simulated.table, transform)


DATASETS.register("cyan-cp-exp")(CYANSynthetic)
DATASETS.register("cyan-cp-ray")(partial(CYANSynthetic, delays="rayleigh"))
DATASETS.register("cyan-random-exp")(partial(CYANSynthetic, network="random"))
DATASETS.register("cyan-random-ray")(partial(CYANSynthetic, network="random", delays="rayleigh"))
