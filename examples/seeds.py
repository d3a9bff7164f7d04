"""
Find users to start with
========================

Which users should start a cascade, so that it reaches as many others as possible? Infers a network from cascades, ranks
its users, chooses three to start with, and checks the expected spread by simulated cascades.

Run it with ``python examples/seeds.py``; it takes a few seconds.
"""

import torch

from graphcascade.analysis import influence_maximization, rank_users
from graphcascade.models import Netrate
from graphcascade.simulate import cyan_cascades, simulate_cascades

# %%
# Cascades on a network of 32 users, and the network that they give. Its weights are rates, and it has the horizon of
# the cascades: the model of diffusion follows from these facts.

dataset = cyan_cascades("core-periphery", "exponential", num_cascades=1_000, horizon=3.0)
network = Netrate(prune=True).fit(dataset).graph
print(network)

# %%
# Every user by the expected size of the cascades that start there, beside counts in the data.

ranked = rank_users(network, dataset)
print(ranked.head())

# %%
# The best three users to start with together. They need not be those of the largest reach, because these may reach the
# same others. The spread is estimated, and the bounds say how far the best possible three users could be.

found = influence_maximization(network, k=3)
print(found.to_frame(dataset.user_ids))
print(found)

# %%
# Cascades that start with these users have this size on average; those from the three users of largest reach are not
# larger.

top = torch.tensor([dataset.user_ids.tolist().index(user) for user in ranked["user"][:3]])
for name, sources in (("seeds", torch.tensor(found.seeds)), ("largest reach", top)):
    cascades = simulate_cascades(network, 2_000, sources=sources.expand(2_000, -1))
    print(f"{name}: {float(cascades.table.size.double().mean()):.2f} users")
