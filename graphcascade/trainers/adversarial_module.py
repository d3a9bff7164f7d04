from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch_geometric.data import Data

from graphcascade.models.next_user import NextEvents
from graphcascade.trainers.next_user_module import NextUserModule

__all__ = ["AdversarialModule"]


class AdversarialModule(NextUserModule):
    r"""Loss of a next-user model that is trained against a discriminator; see :class:`AdversarialTrainer`.

    Args:
        arguments: The arguments of :class:`NextUserModule`.
        is_head: Which users are head sources, ``[num_users]`` bool.
        every: The discriminator is trained in each epoch whose number is divisible by this, the model in the others; 0
            trains both in all epochs.
        warmup_epochs: Epochs in which the discriminator does not affect the model.
        hidden: Size of the discriminator's layer.
    """

    is_head: Tensor

    def __init__(self, *arguments: Any, is_head: Tensor, every: int, warmup_epochs: int, hidden: int = 64) -> None:
        super().__init__(*arguments)
        size = self.model.readout.in_features
        self.discriminator = nn.Sequential(nn.Linear(size, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.register_buffer("is_head", is_head, persistent=False)
        self.every = every
        self.warmup_epochs = warmup_epochs

    def weight(self) -> float:
        r"""DSSF, Eq. 7: :math:`\lambda` of this epoch, 0 in the warm-up and then :math:`1 - e^{K_0 - k}`."""
        return 1 - math.exp(min(0, self.warmup_epochs - self.current_epoch))

    def discriminates(self) -> bool:
        """Whether this epoch trains the discriminator, and it alone: Algorithm 1, with epochs from 1."""
        return self.every > 0 and (self.current_epoch + 1) % self.every == 0

    def training_step(self, batch: Data, batch_idx: int) -> Tensor:
        alone = self.discriminates()
        with torch.set_grad_enabled(not alone):
            encoding = self.model.encode(batch)
            total, count = self.loss_of(encoding, batch, training=True)
        loss = self.mean_loss(total, count, "train")
        row = NextEvents.from_batch(batch).row  # each prefix of a cascade that something follows
        label = self.is_head[batch["user"][batch["ptr"][:-1]]][batch["batch"][row]].to(encoding.user.dtype)
        x = encoding.user[row]
        if not alone:
            x = _reversed(x, self.weight())
        guess = self._guess(x, frozen=not alone and self.every > 0).squeeze(1)
        discriminator_total = nn.functional.binary_cross_entropy_with_logits(guess, label, reduction="sum")
        value, number = self.sum_of_all(float(discriminator_total.detach()), label.numel())
        self.log("discriminator_loss", value / max(1, number), on_epoch=True, on_step=False, batch_size=max(1, number))
        discriminator_loss = self.mean_of_all(discriminator_total, number)
        return discriminator_loss if alone else loss + discriminator_loss

    def _guess(self, x: Tensor, frozen: bool) -> Tensor:
        if not frozen:
            guess: Tensor = self.discriminator(x)
            return guess
        weights = {name: weight.detach() for name, weight in self.discriminator.named_parameters()}
        fixed: Tensor = torch.func.functional_call(self.discriminator, weights, (x,))
        return fixed


class _Reversal(torch.autograd.Function):
    """Gradient reversal layer: the identity, whose gradient is multiplied by a negative number."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: float) -> Tensor:
        ctx.weight = weight
        return x.view_as(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return grads[0].mul(-ctx.weight), None


def _reversed(x: Tensor, weight: float) -> Tensor:
    reversal: Tensor = _Reversal.apply(x, weight)  # type: ignore[no-untyped-call]
    return reversal
