"""
Use a follow graph
==================

How do I use my follow graph, and what about users who are new? Trains an LSTM with and without the graph, and tests
both on cascades that new users take part in.

Run it with ``python examples/follow_graph.py``; it takes about twenty seconds.
"""

import torch
from torch_geometric.data import Data

from graphcascade.evaluation import NextUserProtocol, evaluate
from graphcascade.models import LSTM
from graphcascade.nn import GraphEmbedding
from graphcascade.simulate import simulate_cascades
from graphcascade.trainers import NextUserTrainer

# %%
# A follow graph of 200 users in 10 groups, in which users follow each other within their group. Its edges run from
# followee to follower, in the direction of the information. Your own graph is read from a file with
# ``graphcascade.io.read_follow_graph``.

generator = torch.Generator().manual_seed(0)
group = torch.arange(200) % 10
linked = (group.unsqueeze(1) == group) & (torch.rand(200, 200, generator=generator) < 0.3)
edge_index = linked.fill_diagonal_(False).nonzero().t().contiguous()
graph = Data(edge_index=edge_index, edge_weight=torch.full((edge_index.size(1),), 0.3), num_nodes=200)

# %%
# Cascades on this graph. The last 20 users are new: they are in the graph, but not yet in the training cascades.

is_old = (edge_index < 180).all(0)
old = Data(edge_index=edge_index[:, is_old], edge_weight=graph.edge_weight[is_old], num_nodes=200)
known = simulate_cascades(old, 400, "discrete", max_size=8, min_size=3, seed=1)
train, val = known[:350], known[350:]
test = simulate_cascades(graph, 300, "discrete", max_size=8, min_size=3, seed=2)

# %%
# A :class:`~graphcascade.nn.GraphEmbedding` adds to the vector of each user what two layers of SAGE make of the vectors
# of the user's neighbours. Any model of next users takes it. The protocol ranks new users like any other.

protocol = NextUserProtocol("new users", unseen="in_vocabulary", ks=(10,))
for name in ("no graph", "follow graph"):
    torch.manual_seed(0)
    follows = Data(edge_index=edge_index, num_nodes=200)
    embedding = GraphEmbedding(follows, dim=32, encoder="SAGE", layers=2) if name == "follow graph" else None
    model = LSTM(known.num_users, dim=32, hidden=32, embedding=embedding)
    trainer = NextUserTrainer(max_epochs=10, learning_rate=0.02, protocol=protocol, progress=False)
    result = evaluate(trainer.fit(model, train, val), test, protocol)
    shares = {users: result.value("Hit@10", targets=users, unit="event") for users in ("seen", "unseen")}
    print(f"{name}: next user among the first ten, " + ", ".join(f"{share:.0%} if {k}" for k, share in shares.items()))
