from __future__ import annotations

import logging
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from graphcascade.data import CascadeDataset, as_dataset, head_sources
from graphcascade.data.cascades.head_sources import check_head_share
from graphcascade.errors import UsageError
from graphcascade.evaluation import Result, evaluate, find_protocol
from graphcascade.loader import BalancedLoader, CascadeLoader
from graphcascade.models.next_user import NextUserModel, NextUserPredictor
from graphcascade.trainers.adversarial_module import AdversarialModule
from graphcascade.trainers.next_user_module import NextUserModule
from graphcascade.trainers.next_user_trainer import NextUserTrainer

__all__ = ["AdversarialTrainer"]

logger = logging.getLogger(__name__)


class AdversarialTrainer(NextUserTrainer):
    r"""Trains a model so that its encodings do not tell cascades of head sources from those of the tail.

    `Modelling the Latent Semantics of Diffusion Sources in Information Cascade Prediction
    <https://doi.org/10.1155/2021/7880215>`_ (DSSF), Eq. 4-7 and Algorithm 1. A discriminator of two layers learns to
    tell from the encoding of each prefix of a cascade whether its source is head; the model learns to predict the next
    user and, through a reversed gradient with weight :math:`\lambda`, to hide it:

    .. math::
        \min_{\Theta_e, \Theta_f} \max_{\Theta_d} L_\text{prediction} - \lambda L_\text{discriminator}, \qquad
        \lambda_k = \begin{cases} 0 & k < K_0 \\ 1 - e^{K_0 - k} & k \ge K_0 \end{cases}

    in epoch :math:`k`, from 0. Half of each batch comes from head sources.

    Args:
        head_share: Share of the sources that are head, or "half"; see :func:`~graphcascade.data.head_sources`.
        every: The discriminator is trained in every so-many-th epoch and the model in the others, as Algorithm 1 has
            it; 0 trains both in every step.
        warmup_epochs: :math:`K_0`.
        adversary: ``False`` keeps the balanced batches, and has no discriminator ("NA" in Fig. 6).
        settings: Those of :class:`NextUserTrainer`, but for ``pool_size``: batches are of random cascades.

    Deviations from the paper: Eq. 5 prints :math:`-\log D` twice; the second is :math:`-\log(1 - D)`. It adds the means
    over head and over tail; here it is one mean over all prefixes of the batch, about half of that. Eq. 7 is printed
    with the number of all epochs, which makes it negative. Algorithm 1 has a minus sign and the text a layer that
    reverses the gradient: one of them. Epochs of the discriminator count for ``max_epochs`` and ``patience``.

    Raises:
        UsageError: ``every=1``, with which the model would never be trained; a negative number; what
            :class:`NextUserTrainer` refuses.
    """

    settings: ClassVar[tuple[str, ...]] = ("pool_size", "head_share", "every", "warmup_epochs", "adversary")

    def __init__(
        self,
        *,
        head_share: float | Literal["half"] = 0.2,
        every: int = 2,
        warmup_epochs: int = 5,
        adversary: bool = True,
        **settings: Any,
    ) -> None:
        if "pool_size" in settings:
            raise UsageError(
                argument="pool_size",
                value=settings["pool_size"],
                reason="has no effect on balanced batches, which are of random cascades; leave it out",
            )
        super().__init__(**settings)
        check_head_share(head_share, "head_share")
        if self.batch_size < 2:
            raise UsageError(
                argument="batch_size",
                value=self.batch_size,
                reason="must be at least 2, because half of each batch has head sources",
            )
        if every < 0 or every == 1:
            raise UsageError(
                argument="every",
                value=every,
                reason="must be 2 or more, or 0; with 1 the model itself would never be trained",
            )
        if warmup_epochs < 0:
            raise UsageError(argument="warmup_epochs", value=warmup_epochs, reason="must be 0 or more")
        last = self.max_epochs - 1 - (every > 0 and self.max_epochs % every == 0)  # epoch of the model, from 0
        if adversary and warmup_epochs >= last:  # lambda is 0 in epoch K_0, too
            turns = f", of which every {every}. is the discriminator's" if every else ""
            if last <= 0:
                raise UsageError(
                    argument="max_epochs",
                    value=self.max_epochs,
                    reason="too few epochs for the adversary to affect the model; train longer",
                )
            raise UsageError(
                argument="warmup_epochs",
                value=warmup_epochs,
                reason=f"with {self.max_epochs} epochs{turns}, the adversary would never affect the model; lower it to "
                f"{last - 1}, or train longer",
            )
        self.head_share = head_share
        self.head: Tensor | None = None
        self.user_ids: npt.NDArray[np.object_] | None = None
        self.every = every
        self.warmup_epochs = warmup_epochs
        self.adversary = adversary

    def _loader(self, train: CascadeDataset) -> CascadeLoader:
        table = train.table
        self.head, self.user_ids = head_sources(train, self.head_share), train.user_ids
        head = self.head[table.user[table.ptr[:-1]]]
        sources = int(train.table.user[table.ptr[:-1]].unique().numel())
        logger.info(
            "%s: %s of %s sources are head, with %s of %s training cascades.",
            train.name,
            f"{int(self.head.sum()):,}",
            f"{sources:,}",
            f"{int(head.sum()):,}",
            f"{len(train):,}",
        )
        return BalancedLoader(train, head, self.batch_size, self.seed)

    def _module(self, model: NextUserModel, train: CascadeDataset, run: dict[str, Any]) -> NextUserModule:
        if not self.adversary:
            return super()._module(model, train, run)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)  # of the discriminator's first weights
            assert self.head is not None  # set by _loader
            return AdversarialModule(
                model,
                self.optimization,
                find_protocol(self.protocol),
                run,
                self._sampler(model, train),
                is_head=self.head,
                every=self.every,
                warmup_epochs=self.warmup_epochs,
            )

    def test(self, model: NextUserPredictor, test: CascadeDataset, allow_overlap: bool = False) -> Result:
        """Tests a model, and apart on head and tail; see :func:`~graphcascade.evaluation.evaluate`."""
        test = as_dataset(test, "test")
        known = self.user_ids is not None and np.array_equal(self.user_ids, test.user_ids)
        return evaluate(model, test, self.protocol, self.seed, self.head if known else None, allow_overlap)
