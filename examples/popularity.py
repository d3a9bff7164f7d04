"""
Predict the popularity of posts
===============================

How popular will a post become? Compares DSN with counting and ridge regression, and explains a prediction.

Run it with ``python examples/popularity.py``; it takes about fifteen seconds.
"""

import torch

from graphcascade.evaluation import compare_results
from graphcascade.models import DSN, CategoryMean, RidgeRegression, UserMean
from graphcascade.prediction import explain_popularity, predict_popularity
from graphcascade.report import draw_posts
from graphcascade.simulate import simulate_posts
from graphcascade.trainers import PopularityTrainer

# %%
# Posts in the order of time, with features of images and texts, users, and a hierarchy of categories.

stream = simulate_posts("claims", num_posts=5_000, seed=0)
train, val, test = stream.splits()
print(stream)

# %%
# DSN reads the eight posts up to the one to predict. The best epoch is that with the lowest validation error.

torch.manual_seed(0)
trainer = PopularityTrainer(max_epochs=8, batch_size=128, learning_rate=0.003, seed=0)
network = trainer.fit(DSN.of(train, length=8, hidden_dim=32), train, val)

# %%
# Labels are log2(1 + views). The intervals are from a bootstrap over users.

others = [kind.of(train).fit(train) for kind in (UserMean, CategoryMean, RidgeRegression)]
results = [trainer.test(model, test) for model in (*others, network)]
print(compare_results(results, ["MAE", "SRC"]))

# %%
# Labels, views and intervals of two posts, and the earlier posts that weighed most.

posts = stream.post_ids[-2:].tolist()
print(predict_popularity(network, stream, posts).to_string())
print(explain_popularity(network, stream, posts))

# %%
# An overview of the stream.

figure = draw_posts(stream)
