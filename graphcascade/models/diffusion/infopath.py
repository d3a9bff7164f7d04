from __future__ import annotations

import logging

import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.seed import check_seed
from graphcascade.errors import UsageError
from graphcascade.models.diffusion.rate_model import NEVER, RateDelays, RateModel
from graphcascade.models.registry import MODELS

__all__ = ["Infopath"]

logger = logging.getLogger(__name__)

LEAST = 1e-200  # of a rate, or of an exposure that has been forgotten: neither is ever 0


@MODELS.register("Infopath")
class Infopath(RateModel):
    r"""Rates of transmission that change with time, by stochastic gradient.

    `Structure and Dynamics of Information Pathways in Online Media <https://arxiv.org/abs/1212.1464>`_ (Gomez-Rodriguez
    et al., 2013). The likelihood is that of :class:`~graphcascade.models.Netrate`. Time is cut into windows;
    in each one, mini-batches are drawn from the cascades that have begun so far, recent ones more often, and the rates
    go on from those of the window before. With the gradient :math:`\nabla_e` of a mini-batch's log-likelihood,

    .. math::
        \alpha_e \leftarrow \alpha_e + \eta \frac{\alpha_e}{\bar X_e} \nabla_e

    where :math:`\bar X` is a running mean of exposures, with the same :math:`\eta`: rates stay positive without
    projection, and steps do not depend on the unit of time.

    Deviations from the paper: this step size instead of one for all edges; windows of equally many cascades instead of
    equal time; a cascade belongs to the window in which it begins, with all that happens later. Where cascades have no
    order in time there is one window.

    Args:
        delays: Distribution of the delays, as for ``Netrate``.
        horizon: End of the observation after each source, as for ``Netrate``.
        min_delay: With power-law delays, the shortest one, as for ``Netrate``.
        windows: Windows of time.
        decay: Age of a cascade, in windows, at which it is drawn :math:`e` times less often.
        steps: Mini-batches in each window.
        batch_size: Cascades in a mini-batch.
        learning_rate: :math:`\eta`.
        seed: Seed of what is drawn.
        progress: Show a progress bar, on terminals.

    Raises:
        UsageError: Other delays; a number that is out of range.
    """

    window_rate: Tensor
    """Rates at the end of each window, along the edges of ``graph``, ``[windows, M]`` float64; the last are its own."""
    window_end: Tensor
    """Time at which the last cascade of each window begins, ``[windows]`` float64."""

    def __init__(
        self,
        delays: RateDelays = "exponential",
        horizon: float | None = None,
        min_delay: float | None = None,
        windows: int = 10,
        decay: float = 5.0,
        steps: int = 50,
        batch_size: int = 128,
        learning_rate: float = 0.1,
        seed: int = 0,
        progress: bool = False,
    ) -> None:
        super().__init__(
            delays,
            horizon,
            min_delay,
            windows=windows,
            decay=decay,
            steps=steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            seed=seed,
        )
        for name, value in (("windows", windows), ("steps", steps), ("batch_size", batch_size)):
            if value < 1:
                raise UsageError(f"Infopath: {name}={value}, must be at least 1.")
        if not decay > 0:
            raise UsageError(f"Infopath: decay={decay}, must be above 0.")
        if not 0 < learning_rate <= 1:
            raise UsageError(f"Infopath: learning_rate={learning_rate}, must be above 0 and at most 1.")
        check_seed(seed)
        self.windows = windows
        self.decay = decay
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.seed = seed
        self.progress = progress
        self.register_buffer("window_rate", torch.empty(0, 0, dtype=torch.float64))
        self.register_buffer("window_end", torch.empty(0, dtype=torch.float64))

    def _infer(self, dataset: CascadeDataset) -> tuple[Tensor, Tensor]:
        table, end, unit = self._observe(dataset)
        whole = self._transmissions(table, end, unit)
        windows, begin = self.windows, table.time[table.ptr[:-1]]
        if windows > 1 and not table.ordered:
            logger.warning("%s: cascades have no order in time, so there is one window.", dataset.name)
            windows = 1
        order = torch.argsort(begin, stable=True)
        window = torch.empty_like(order)
        window[order] = torch.arange(order.numel()) * windows // order.numel()
        generator = torch.Generator().manual_seed(self.seed)
        exposure = whole.exposure / table.num_cascades
        rate = torch.full_like(exposure, whole.num_infections / float(whole.exposure.sum()))
        bar = Console(stderr=True)
        rates, ends = [], []
        for number in track(range(windows), "inferring", console=bar, disable=not (self.progress and bar.is_terminal)):
            often = torch.exp((window - number) / self.decay) * (window <= number)
            if not bool((often > 0).any()):  # more windows than cascades
                continue
            for _ in range(self.steps):
                drawn = torch.multinomial(often, self.batch_size, replacement=True, generator=generator)
                batch = self._transmissions(table.select(drawn), end[drawn], unit, whole.edge_index)
                share = batch.explain(rate)[1]
                exposure.lerp_(batch.exposure / self.batch_size, self.learning_rate).clamp_(min=LEAST)
                # The rate times the gradient: expected transmissions, less those of such a rate in such a time.
                step = (batch.per_edge(share) - rate * batch.exposure) / self.batch_size
                rate += self.learning_rate * step / exposure
                rate.clamp_(min=LEAST)
            rates.append(rate.clone())
            ends.append(begin[window <= number].max())
        course = torch.stack(rates)
        kept = (course * whole.exposure).max(0).values >= NEVER
        self.window_rate, self.window_end = course[:, kept], torch.stack(ends)
        return whole.edge_index[:, kept], course[-1, kept]
