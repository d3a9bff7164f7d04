"""
Your own data: from a file to predictions
=========================================

The file of this tutorial is a log of purchases, as a shop might have it: who bought which product, and when. A product
spreads from customer to customer, so each product is a cascade. The question is who will buy it next.

Run it with ``python examples/own_data.py``; it takes about fifteen seconds. The same steps at the command line are
``graphcascade describe``, ``fit`` and ``predict``.
"""

import tempfile
from pathlib import Path

import pandas as pd
import torch

from graphcascade import NextUserTrainer, compare_results, load_model, read_cascades, save_model
from graphcascade.errors import GraphCascadeError
from graphcascade.evaluation import warn_if_worse
from graphcascade.io import to_pandas
from graphcascade.models import LSTM, Markov, Popularity, RecentUsers, SourceCooccurrence
from graphcascade.simulate import cyan_cascades

# %%
# The file
# --------
# Replace this part by a file of your own. The columns may have any names.

folder = Path(tempfile.mkdtemp())
log = to_pandas(cyan_cascades("core-periphery", "exponential", num_cascades=600, horizon=30.0))
log = pd.DataFrame(
    {
        "customer": "customer-" + log["user"].astype(str),
        "product": "product-" + log["item"].astype(str),
        "date": pd.Timestamp("2024-01-01", tz="UTC")
        + pd.to_timedelta(log["item"].astype(int) * 3 + log["time"], unit="h").dt.round("s"),
    }
)
log.to_csv(folder / "purchases.csv", index=False)
print(log.head())

# %%
# Read and look
# -------------
# Problems of the file are errors that name the line, or repairs that are counted. Nothing is dropped silently.

dataset = read_cascades(folder / "purchases.csv", user="customer", item="product", time="date")
print(dataset.describe())

(folder / "broken.csv").write_text("customer,product,date\nann,tea,2024-05-01\nbob,tea,yesterday\n")
try:
    read_cascades(folder / "broken.csv", user="customer", item="product", time="date")
except GraphCascadeError as error:
    print(str(error).replace(str(folder), "."))

# %%
# Start with counting
# -------------------
# The split is chronological: the models learn from the first 80 % of the products and are tested on the last 10 %.
# Counting baselines need no training. A model that is trained should be better than the best of them on the
# validation part, or it is not worth its effort.

train, val, test = dataset.splits()
trainer = NextUserTrainer(max_epochs=10, seed=0)
baselines = [kind(dataset.num_users).fit(train) for kind in (Popularity, RecentUsers, SourceCooccurrence, Markov)]
print(compare_results([trainer.test(model, val) for model in baselines], ["Hit@10", "MRR"]))

# %%
# Train
# -----
# ``warn_if_worse`` logs a warning if a baseline is better on the validation part; ``graphcascade fit`` calls it, too.

torch.manual_seed(0)
model = trainer.fit(LSTM(dataset.num_users), train, val)
result = trainer.test(model, val)
warn_if_worse(result, [trainer.test(baseline, val) for baseline in baselines])
print(compare_results([result], ["Hit@10", "MRR"]))

# %%
# Test once
# ---------
# The figures of the test part are for the model that was chosen, and are looked at once.

print(trainer.test(model, test))

# %%
# Save, load, predict
# -------------------
# A saved model has the ids of its users, and no pickle. These are the three customers who will most likely buy each
# of the last products next.

save_model(model, folder / "model.safetensors")
saved = load_model(folder / "model.safetensors")
print(trainer.predict(saved, test, k=3).tail(6).to_string())
