"""
Predict the size of a cascade
=============================

How big will a cascade get? Models of the final size see only the beginning of a cascade: its first events, or its first
hour. This tutorial compares a trained model with models that count and extrapolate.

Run it with ``python examples/cascade_size.py``; it takes about ten seconds.
"""

import matplotlib.pyplot as plt
import torch

from graphcascade.evaluation import compare_results
from graphcascade.models import CascadeSizeLSTM, HawkesCascadeSize, LinearCascadeSize, MeanCascadeSize
from graphcascade.simulate import cyan_cascades
from graphcascade.trainers import CascadeSizeTrainer

# %%
# Cascades on a network of 32 users. Those who begin a cascade in the core of the network reach more users than
# others.

dataset = cyan_cascades("core-periphery", "exponential", num_cascades=1_000, horizon=20.0)
train, val, test = dataset.splits("random", seed=0)
print(dataset)

# %%
# The models see the first two units of time. With times that are dates, the argument would be ``observe="1h"``.
# ``LinearCascadeSize`` and ``HawkesCascadeSize`` extrapolate the number of users so far; the LSTM also knows who they
# are.

window = {"observe": "2"}
baselines = [kind.of(dataset, **window).fit(train) for kind in (MeanCascadeSize, LinearCascadeSize, HawkesCascadeSize)]

torch.manual_seed(0)
trainer = CascadeSizeTrainer(max_epochs=10, learning_rate=0.01)
model = trainer.fit(CascadeSizeLSTM.of(dataset, **window), train, val)
results = [trainer.test(each, test) for each in (*baselines, model)]
print(compare_results(results))

# %%
# MSLE is the mean squared error of the logarithm of the growth, and the relative error is that of the final size.
# Each prediction has an interval that should contain the final size in 90 % of the cases; its width comes from the
# validation cascades.

table = trainer.predict(model, test)
print(table.head().to_string())

# %%
# Predicted and final sizes of fifty test cascades, with their intervals. A point on the line is a perfect prediction.

shown = table.head(50)
final = dataset.table.size[torch.from_numpy(shown["cascade"].to_numpy())].numpy()
below, above = shown["size"] - shown["lower"], shown["upper"] - shown["size"]
figure, axes = plt.subplots(figsize=(5, 4.5), layout="constrained")
axes.errorbar(final, shown["size"], [below, above], fmt="o", markersize=4, elinewidth=0.7)
axes.plot(*[[final.min(), final.max()]] * 2, color="grey", linewidth=1)
axes.set_xlabel("final size")
axes.set_ylabel("predicted size")
axes.set_xscale("log", base=2)
axes.set_yscale("log", base=2)
plt.show()
