"""
Who infected whom in a cascade
==============================

The attention of CYAN-RNN says for each user of a cascade how much each earlier user weighed; white is 1. A ring marks
the user who truly infected the other, which is known in simulations. The right picture is the same cascade over time.

Run it with ``python examples/pictures/alignment.py``; it takes about ten seconds.
"""

import matplotlib.pyplot as plt
import torch

from graphcascade.loader import CascadeLoader
from graphcascade.models import CYANRNN
from graphcascade.report import example_cascade, plot_alignment, plot_cascade
from graphcascade.simulate import cyan_cascades
from graphcascade.trainers import NextUserTrainer

dataset = cyan_cascades("core-periphery", "exponential", num_cascades=600)
train, val, test = dataset.splits("random", seed=0)
torch.manual_seed(0)
model = CYANRNN(dataset.num_users, dim=32, hidden=32, state=32, keys="input", readout="context", mask_infected=True)
NextUserTrainer(max_epochs=6, batch_size=64, learning_rate=0.01, protocol="cyan").fit(model, train, val)

example = test.copy([example_cascade(test)])
(batch,) = CascadeLoader(example, batch_size=1)
alignment = model.align(batch, "posterior")
print(alignment)

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
plot_alignment(alignment, example[0], left, dataset.user_ids, "Who infected whom")
plot_cascade(example[0], right, dataset.user_ids)
plt.show()
