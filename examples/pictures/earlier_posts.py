"""
Which earlier posts weighed in a prediction?
============================================

DSN predicts the popularity of a post from the posts before it. The bars are the weights of its attention, with the
labels of the earlier posts; the predicted post is on the right.

Run it with ``python examples/pictures/earlier_posts.py``; it takes about ten seconds.
"""

import matplotlib.pyplot as plt
import torch

from graphcascade.models import DSN
from graphcascade.prediction import explain_popularity, predict_popularity
from graphcascade.report import plot_post_attention
from graphcascade.simulate import simulate_posts
from graphcascade.trainers import PopularityTrainer

stream = simulate_posts("claims", num_posts=2_000, seed=0)
train, val, test = stream.splits()
torch.manual_seed(0)
model = PopularityTrainer(max_epochs=4, batch_size=128, learning_rate=0.003, seed=0).fit(
    DSN.of(train, length=6, hidden_dim=32), train, val
)

post = stream.post_ids[-1:].tolist()
window = explain_popularity(model, stream, post)
print(window.to_string())

example = {
    "label": window["label"].tolist(),
    "category": [[name] for name in window["category"]],
    "image": [""] * len(window),
    "weight": window["weight"].tolist()[:-1],
    "prediction": float(predict_popularity(model, stream, post)["label"].iloc[0]),
}
figure, axes = plt.subplots(figsize=(9, 3.6), layout="constrained")
plot_post_attention(example, axes, f"Post {post[0]}")
plt.show()
