"""
Rank tweets for users
=====================

Which tweets will a user retweet? Ranks tweets with and without the followees, beside a counting baseline.

Run it with ``python examples/ranking.py``; it takes about ten seconds.
"""

import torch

from graphcascade.evaluation import compare_results
from graphcascade.models import AMNL, BPRMF, TweetPopularity
from graphcascade.report import draw_retweets
from graphcascade.simulate import simulate_retweets
from graphcascade.trainers import RankingTrainer

# %%
# Users, tweets, follow links and retweets; retweets depend on the users' tastes and on those of their followees.

network = simulate_retweets("social", num_users=1_000, num_tweets=700)
train, val, test = network.splits(0.8)
print(network)

# %%
# Two negatives for each retweet, from the tweets that followees posted or retweeted.

torch.manual_seed(0)
trainer = RankingTrainer(max_epochs=30, seed=0)
attentional = trainer.fit(AMNL.of(network, score="softplus", margin=0.9), train, val)
factors = trainer.fit(BPRMF.of(network), train, val)

# %%
# Held-out retweets among tweets that the users did not retweet.

popular = TweetPopularity.of(network).fit(train)
results = [trainer.test(model, test) for model in (popular, factors, attentional)]
print(compare_results(results, ["Precision@1", "MRR", "AUC"]))

# %%
# The tweets that three users would most likely retweet, and the followees that weighed most.

print(trainer.recommend(attentional, network.user_ids[:3].tolist(), k=3).to_string())

# %%
# An overview of the network: few tweets have many retweets, and few users many followees.

figure = draw_retweets(network)
