"""
How accurate is an inferred network?
====================================

The ROC curve of the links: of the pairs of users with the largest weights, how many are links of the true network, and
how many are not. "The event before" takes each user to be infected by the one just before.

Run it with ``python examples/pictures/roc_of_links.py``; it takes about five seconds.
"""

import matplotlib.pyplot as plt

from graphcascade.analysis import count_links, edge_report, infer_parents
from graphcascade.models import Netrate
from graphcascade.report import plot_roc
from graphcascade.simulate import cyan_cascades

dataset = cyan_cascades("random", "exponential", num_cascades=300)
networks = {
    "Netrate": Netrate().fit(dataset).graph,
    "the event before": count_links(infer_parents(None, dataset, "alignment"), dataset),
}
for name, network in networks.items():
    print(f"{name}: AUC {edge_report(network, dataset.true_graph).auc:.3f}")

figure, axes = plt.subplots(figsize=(5, 4.5), layout="constrained")
plot_roc(networks, dataset.true_graph, axes)
plt.show()
