"""
Infer a network
===============

Who infects whom? Infers the network behind simulated cascades and compares it with the true one.

Run it with ``python examples/network_inference.py``; it takes a few seconds.
"""

import matplotlib.pyplot as plt

from graphcascade.analysis import edge_report, link_evidence
from graphcascade.models import Netrate
from graphcascade.report import plot_inferred_network, plot_network
from graphcascade.simulate import cyan_cascades

# %%
# Cascades on a network of 32 users. The model sees who was infected when, and nothing of the network.

dataset = cyan_cascades("core-periphery", "exponential", num_cascades=1_000)
train, _, _ = dataset.splits("random", seed=0)

# %%
# A rate for each pair of users, by maximum likelihood; links without support are removed.

model = Netrate(prune=True).fit(train)
network = model.graph
print(network)

# %%
# The simulation knows the true network, so that the inferred one can be compared with it.

report = edge_report(network, dataset.true_graph)
print(f"precision {report.precision:.3f}, recall {report.recall:.3f}, AUC {report.auc:.3f}")
print(report.verdict)

# %%
# The five strongest links, by the ids of their users, and the number of cascades that speak for each.

evidence = link_evidence(network, train, model)
for link in evidence.edge_weight.argsort(descending=True)[:5]:
    source, target = dataset.user_ids[evidence.edge_index[:, link].numpy()]
    rate, support = float(evidence.edge_weight[link]), int(evidence.support[link])
    print(f"{source} -> {target}: rate {rate:.3f}, in {support} cascades")

# %%
# The true network, and the inferred one over it: grey links were found, dashed red links were missed, and solid red
# links are false.

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.2), layout="constrained")
plot_network(dataset.true_graph, left, dataset.user_ids, title="True network")
plot_inferred_network(network, dataset.true_graph, right, dataset.user_ids)
plt.show()
