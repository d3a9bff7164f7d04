"""
Predict whole cascades
======================

Who will be infected at all? Predicts whole cascades from their first user alone, by simulation.

Run it with ``python examples/whole_cascades.py``; it takes about ten seconds.
"""

import matplotlib.pyplot as plt
import torch

from graphcascade.evaluation import RolloutProtocol, evaluate_cascades
from graphcascade.models import NDM, SourceCooccurrence
from graphcascade.simulate import cyan_cascades
from graphcascade.trainers import NextUserTrainer

# %%
# Short cascades on a network of 32 users.

dataset = cyan_cascades("core-periphery", "exponential", num_cascades=1_000, horizon=20.0)
train, val, test = dataset.splits("random", seed=0)

# %%
# A model that also predicts the end of a cascade: in a simulation it decides when to stop.

torch.manual_seed(0)
trainer = NextUserTrainer(protocol="random", max_epochs=5, batch_size=64, learning_rate=0.01)
model = trainer.fit(NDM(dataset.num_users, dim=32, terminate=True), train, val)

# %%
# 50 simulations of each test cascade give the share of simulations in which each user is infected.

protocol = RolloutProtocol(simulations=50)
simulated = evaluate_cascades(model, test, protocol)
print(simulated)

# %%
# A baseline that counts who came after the same first user in the training cascades.

counted = evaluate_cascades(SourceCooccurrence(dataset.num_users).fit(train), test, protocol)
print(counted)

# %%
# The figures of both: the F1 of as many of the likeliest users as were infected ("set"), averaged over the cascades.

figure, axes = plt.subplots(figsize=(6, 2), layout="constrained")
results = {"NDM, simulated": simulated, "SourceCooccurrence, counted": counted}
axes.barh(list(results), [result.value("Macro-F1", answer="set", horizon="full") for result in results.values()])
axes.invert_yaxis()
axes.set_xlabel("Macro-F1 (higher is better)")
plt.show()
