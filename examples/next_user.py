"""
Predict the next user
=====================

Who is infected next? Trains an LSTM on simulated cascades and compares it with counting baselines.

Run it with ``python examples/next_user.py``; it takes about ten seconds.
"""

import matplotlib.pyplot as plt
import torch

from graphcascade import NextUserTrainer, compare_results
from graphcascade.models import LSTM, Markov, Popularity, TrueHazards
from graphcascade.simulate import cyan_cascades

# %%
# Cascades on a network of 32 users, which the models do not see.

dataset = cyan_cascades("core-periphery", "exponential", num_cascades=1_000)
train, val, test = dataset.splits("random", seed=0)
print(dataset)

# %%
# The trainer keeps the weights of the best epoch on the validation cascades.

torch.manual_seed(0)
trainer = NextUserTrainer(max_epochs=8, batch_size=64, learning_rate=0.01, protocol="cyan")
model = trainer.fit(LSTM(dataset.num_users, dim=32, hidden=32, mask_infected=False), train, val)

# %%
# Two baselines that count, and a model that knows the network: no other can be better on average.

baselines = [Popularity(dataset.num_users).fit(train), Markov(dataset.num_users).fit(train)]
best_possible = TrueHazards.from_dataset(dataset)
results = [trainer.test(each, test) for each in (*baselines, model, best_possible)]
table = compare_results(results)
print(table)

# %%
# The trained model is nearly as good as the best possible one, and much better than counting which user came after
# which.

figure, axes = plt.subplots(figsize=(6, 2.6), layout="constrained")
axes.barh(table["model"], table["MRR"])
axes.invert_yaxis()
axes.set_xlabel("mean reciprocal rank of the next user (higher is better)")

# %%
# The five likeliest next users of the first test cascades, with their scores.

print(trainer.predict(model, test, k=5).head(10).to_string())

plt.show()
