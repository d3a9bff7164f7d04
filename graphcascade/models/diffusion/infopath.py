from __future__ import annotations

import logging

import torch
from torch import Tensor

from graphcascade.data import CascadeDataset
from graphcascade.data.seed import check_seed
from graphcascade.data.segments import expand_ranges, segment_ids, segment_ptr
from graphcascade.errors import UsageError
from graphcascade.models.diffusion.rate_model import MIN_TRANSMISSIONS, RateDelays, RateModel
from graphcascade.models.registry import MODELS
from graphcascade.progress import track

__all__ = ["Infopath"]

logger = logging.getLogger(__name__)

MIN_POSITIVE = 1e-200  # lower bound of rates and exposures, which must not become 0


@MODELS.register("Infopath")
class Infopath(RateModel):
    r"""Transmission rates that change with time, inferred by stochastic gradient ascent.

    `Structure and Dynamics of Information Pathways in Online Media <https://arxiv.org/abs/1212.1464>`_ (Gomez-Rodriguez
    et al., 2013). The likelihood is that of :class:`~graphcascade.models.Netrate`. Time is divided
    into windows. In each window, mini-batches are drawn from the cascades that have started so far, recent ones more
    often, and the rates are updated, starting from those of the previous window. With the gradient :math:`\nabla_e` of
    a mini-batch's log-likelihood,

    .. math::
        \alpha_e \leftarrow \alpha_e + \eta \frac{\alpha_e}{\bar X_e} \nabla_e

    where :math:`\bar X` is a running mean of exposures, with the same :math:`\eta`: rates stay positive without
    projection, and the steps do not depend on the unit of time.

    Deviations from the paper: this step size instead of one for all edges; windows of equally many cascades instead of
    equal time; a cascade belongs entirely to the window in which it starts. If the cascades have no order in time,
    there is one window.

    Args:
        delays: Distribution of the delays, as for ``Netrate``.
        horizon: End of the observation after each source, as for ``Netrate``.
        min_delay: Shortest power-law delay, as for ``Netrate``.
        windows: Number of windows.
        decay: Age of a cascade, in windows, at which its sampling weight has fallen to :math:`1 / e`.
        steps: Number of mini-batches in each window.
        batch_size: Number of cascades in a mini-batch.
        learning_rate: :math:`\eta`.
        seed: Seed of the mini-batches.
        progress: Whether to show a progress bar on terminals and in notebooks.

    Raises:
        UsageError: ``delays`` is none of these, or a number is out of range.
    """

    window_rate: Tensor
    """Rates of the edges of ``graph`` at the end of each window, ``[windows, M]`` float64."""
    window_end: Tensor
    """Start time of the last cascade of each window, ``[windows]`` float64."""

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
        super().__init__(delays, horizon, min_delay)
        for name, value in (("windows", windows), ("steps", steps), ("batch_size", batch_size)):
            if value < 1:
                raise UsageError(owner="Infopath", argument=name, value=value, reason="must be at least 1")
        if not decay > 0:
            raise UsageError(owner="Infopath", argument="decay", value=decay, reason="must be above 0")
        if not 0 < learning_rate <= 1:
            raise UsageError(
                owner="Infopath", argument="learning_rate", value=learning_rate, reason="must be above 0 and at most 1"
            )
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
        possible = self._transmissions(table, end, unit)
        windows, start_time = self.windows, table.time[table.ptr[:-1]]
        if windows > 1 and not table.ordered:
            logger.warning("%s: cascades have no order in time, so there is one window.", dataset.name)
            windows = 1
        order = torch.argsort(start_time, stable=True)
        window = torch.empty_like(order)
        window[order] = torch.arange(order.numel()) * windows // order.numel()
        generator = torch.Generator().manual_seed(self.seed)
        exposure = possible.exposure / table.num_cascades
        rate = torch.full_like(exposure, possible.num_infections / float(possible.exposure.sum()))
        # A step changes the rates of the senders in its batch only. The exposures of others have no part in it, but
        # shrink by the same factor in every step, which is made up for when their sender is in a batch again.
        ptr = segment_ptr(torch.bincount(possible.edge_index[0], minlength=table.num_users))
        last = torch.zeros(table.num_users, dtype=torch.long)  # step in which the sender was in a batch
        rates, ends, number_of_steps = [], [], 0
        for number in track(range(windows), "inferring", self.progress):
            sampling_weight = torch.exp((window - number) / self.decay) * (window <= number)
            if not bool((sampling_weight > 0).any()):  # more windows than cascades
                continue
            for _ in range(self.steps):
                drawn = torch.multinomial(sampling_weight, self.batch_size, replacement=True, generator=generator)
                number_of_steps += 1
                cascades = table.select(drawn)
                sender = cascades.user.unique()
                edge, bounds = expand_ranges(ptr[sender], ptr[sender + 1])
                batch = self._transmissions(cascades, end[drawn], unit, possible.edge_index[:, edge])
                skipped = (number_of_steps - 1 - last[sender]).double()[segment_ids(bounds)]
                last[sender] = number_of_steps
                mean = exposure[edge] * (1 - self.learning_rate) ** skipped
                mean.lerp_(batch.exposure / self.batch_size, self.learning_rate).clamp_(min=MIN_POSITIVE)
                exposure[edge] = mean
                # The rate times the gradient: attributed transmissions minus those that the rate predicts.
                old = rate[edge]
                attributed = batch.sum_by_edge(batch.attribute(old)[1])
                step = (attributed - old * batch.exposure) / self.batch_size
                rate[edge] = (old + self.learning_rate * step / mean).clamp_(min=MIN_POSITIVE)
            rates.append(rate.clone())
            ends.append(start_time[window <= number].max())
        window_rates = torch.stack(rates)
        kept = window_rates.max(0).values * possible.exposure >= MIN_TRANSMISSIONS
        self.window_rate, self.window_end = window_rates[:, kept], torch.stack(ends)
        return possible.edge_index[:, kept], window_rates[-1, kept]
