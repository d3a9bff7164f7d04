"""
At a glance
===========

Simulates cascades on a network, trains a model of the next user, infers the network, and draws one picture of it all.

Run it with ``python examples/at_a_glance.py``; it takes about ten seconds. With the name of a file it also writes the
picture: ``python examples/at_a_glance.py picture.png``.
"""

import sys

import matplotlib.pyplot as plt
import torch

from graphcascade.evaluation import compare_results
from graphcascade.models import LSTM, Markov, Netrate, Popularity, TrueHazards
from graphcascade.report import example_cascade, plot_cascade, plot_inferred_network
from graphcascade.simulate import cyan_cascades
from graphcascade.trainers import NextUserTrainer

# %%
# The models see who was infected when, and nothing of the network.

dataset = cyan_cascades("core-periphery", "exponential", num_cascades=1_000)
train, val, test = dataset.splits("random", seed=0)

torch.manual_seed(0)
trainer = NextUserTrainer(max_epochs=8, batch_size=64, learning_rate=0.01, protocol="cyan")
lstm = trainer.fit(LSTM(dataset.num_users, dim=32, hidden=32, mask_infected=False), train, val)
baselines = [Popularity(dataset.num_users).fit(train), Markov(dataset.num_users).fit(train)]
models = [*baselines, lstm, TrueHazards.from_dataset(dataset)]
table = compare_results([trainer.test(model, test) for model in models])
network = Netrate(prune=True).fit(train).graph
print(table)

# %%
# Left: a cascade; lines lead from each user to those whom this user infected. Middle: the inferred network over the
# true one; grey links were found, dashed red links were missed, solid red links are false. Right: how well the models
# predict the next user. ``TrueHazards`` knows the network, and no model can be better on average.

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
plot_cascade(dataset[example_cascade(dataset, users=16)], left, dataset.user_ids)
left.set_title("A cascade")
plot_inferred_network(network, dataset.true_graph, middle, dataset.user_ids, "Who infects whom?")
colors = ["#9aa5b1", "#9aa5b1", "#2f6fb0", "#d9822b"]
right.bar_label(right.barh(table["model"], table["MRR"], color=colors), fmt="%.2f", padding=3)
right.invert_yaxis()
right.set_xlim(0, 1)
right.set_xlabel("mean reciprocal rank of the next user")
right.set_title("Who comes next?")
right.spines[["top", "right"]].set_visible(False)
if len(sys.argv) > 1:
    figure.savefig(sys.argv[1], dpi=90)
plt.show()
