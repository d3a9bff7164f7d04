"""
Your own model
==============

A model of the next user is a subclass of ``NextUserModel``. Trainers, tests, simulations and the command line work with
it as with the models of the package. This tutorial writes one, and trains it.

Run it with ``python examples/own_model.py``; it takes about ten seconds.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from graphcascade.evaluation import compare_results
from graphcascade.models import Markov, Popularity
from graphcascade.models.next_user import Cache, Encoding, NextUserModel
from graphcascade.models.next_user.recurrent_model import RecurrentModel
from graphcascade.nn import UserEmbedding, UserSoftmax
from graphcascade.simulate import cyan_cascades
from graphcascade.trainers import NextUserTrainer

# %%
# From a base class
# -----------------
# The shortest way is a base class for models of the same kind. Its argument ``recurrence`` is the layer.


class GRU(RecurrentModel):
    """Gated recurrent units over the users of a cascade."""

    def __init__(self, num_users: int, dim: int = 32, hidden: int = 32) -> None:
        super().__init__(
            num_users,
            dim,
            hidden,
            dropout=0.0,
            terminate=False,
            mask_infected=False,
            std=0.1,
            embedding=None,
            recurrence=nn.GRU,
        )


# %%
# From the beginning
# ------------------
# A model has vectors of users (``embedding``), and a distribution over users (``readout``). ``encode`` makes a row
# for each event of a batch, from which the readout predicts the user after that event. Row ``i`` may depend only on
# the events up to ``i`` of its cascade. ``start`` and ``advance`` do the same event by event, for simulations.
#
# This model looks at the last two users: :math:`h_i = \tanh(W x_{u_i} + V x_{u_{i-1}})`.


class LastTwo(NextUserModel):
    """Predicts the next user from the last two."""

    def __init__(self, num_users: int, dim: int = 32) -> None:
        super().__init__(UserEmbedding(num_users, dim, std=0.1), UserSoftmax(dim, num_users, mask_infected=False))
        self.last = nn.Linear(dim, dim)
        self.before = nn.Linear(dim, dim, bias=False)

    def encode(self, batch: Data, alignment: bool = False) -> Encoding:
        vector = self.embedding(batch.user, self.sources(batch))
        previous = vector.roll(1, 0)
        previous[batch.ptr[:-1]] = 0.0  # the first event of a cascade has none before it
        return self._rows(vector, previous)

    def start(self, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        vector = self.embedding(user, user)
        return self._rows(vector, torch.zeros_like(vector)), (user, vector)

    def advance(self, cache: Cache, user: Tensor, time: Tensor) -> tuple[Encoding, Cache]:
        source, previous = cache
        vector = self.embedding(user, source)
        return self._rows(vector, previous), (source, vector)

    def _rows(self, vector: Tensor, previous: Tensor) -> Encoding:
        return Encoding(torch.tanh(self.last(vector) + self.before(previous)))


# %%
# Train and compare
# -----------------

dataset = cyan_cascades("core-periphery", "exponential", num_cascades=1_000)
train, val, test = dataset.splits("random", seed=0)
trainer = NextUserTrainer(max_epochs=5, batch_size=64, learning_rate=0.01, protocol="cyan")
torch.manual_seed(0)
models = [trainer.fit(kind(dataset.num_users), train, val) for kind in (GRU, LastTwo)]
baselines = [kind(dataset.num_users).fit(train) for kind in (Popularity, Markov)]
print(compare_results([trainer.test(model, val) for model in (*baselines, *models)]))

# %%
# At the command line
# -------------------
# If the class is in a file ``my_models.py`` in the working directory, ``graphcascade fit data.csv --model
# my_models:LastTwo`` trains it. ``@MODELS.register("LastTwo")`` of ``graphcascade.models`` gives it a name of its
# own.

print(trainer.predict(models[1], test, k=3).head())
