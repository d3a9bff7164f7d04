"""
Load cascades
=============

A cascade is the spread of one item: the users who shared, bought or caught it, in the order of time. This tutorial
reads cascades, looks at them, splits them, and makes batches of them.

Run it with ``python examples/load_data.py``; it takes about five seconds.
"""

import matplotlib.pyplot as plt
import pandas as pd

from graphcascade import from_pandas
from graphcascade.loader import CascadeLoader
from graphcascade.report import draw_dataset
from graphcascade.simulate import cyan_cascades
from graphcascade.transforms import CausalEdges

# %%
# A table of events
# -----------------
# Each row is one event: a user, an item, and a time. ``read_cascades`` reads such a table from a file.

frame = pd.DataFrame(
    {
        "user": ["ann", "bob", "eve", "bob", "ann", "ann"],
        "item": ["song-1", "song-1", "song-1", "song-2", "song-2", "song-2"],
        "time": [
            *["2024-05-01 12:00Z", "2024-05-01 12:07Z", "2024-05-02 09:00Z"],
            *["2024-05-01 13:30Z", "2024-05-03 08:00Z", "2024-05-04 08:00Z"],
        ],
    }
)
songs = from_pandas(frame)
print(songs[0])
print(songs.user_ids[songs[0].user])

# %%
# A cascade is a ``torch_geometric.data.Data``. Users are numbers inside, and names outside. Ann bought the second
# song twice; only her first event is kept, and the repair is counted.

print(songs.describe())

# %%
# Simulated cascades
# ------------------
# The rest of this tutorial uses cascades that are simulated on a network of 32 users. Their ``parent`` says who
# infected whom, which real data rarely tell.

dataset = cyan_cascades("core-periphery", "exponential", num_cascades=1_000)
print(dataset)
print(dataset[0])

figure = draw_dataset(dataset)

# %%
# Published datasets are classes, such as ``graphcascade.datasets.Memetracker``. Their files are downloaded once and
# checked.
#
# Training, validation and test
# -----------------------------
# The default is a chronological split, because with a random split a model can learn from cascades that are later
# than those it is tested on. Simulated cascades have no order in time, so a random split is right for them.

train, val, test = dataset.splits("random", seed=0)
print(len(train), len(val), len(test))

# %%
# Batches
# -------
# A batch is PyG's: the events of all its cascades one after the other, with ``ptr`` for the boundaries. Cascades of a
# similar length are in the same batch.

for batch in CascadeLoader(train, batch_size=32, shuffle=True):
    print(batch)
    break

# %%
# Edges between events
# --------------------
# A transform adds edges, here from the last three events to each event, so that PyG's own layers can be used.

cascade = CausalEdges(window=3)(train[0])
print(cascade.edge_index)

plt.show()
