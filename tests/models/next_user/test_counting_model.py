from __future__ import annotations

import pytest

from graphcascade.errors import UsageError
from graphcascade.evaluation import RolloutProtocol, evaluate, evaluate_cascades
from graphcascade.models import LSTM, Markov, Popularity, RecentUsers, SourceCooccurrence
from graphcascade.models.next_user import CountingModel
from graphcascade.prediction import predict_next_users
from tests.models.small_data import dataset_of

DATA = dataset_of([[0, 1, 2], [2, 1], [1, 0, 3]], 4)


@pytest.mark.parametrize("kind", [Markov, Popularity, RecentUsers, SourceCooccurrence])
def test_a_model_that_was_not_trained_raises_an_error(kind: type[CountingModel]) -> None:
    model = kind(4)
    message = rf"{kind.__name__} was not trained yet: call fit\(train\) first"
    for use in (
        lambda: evaluate(model, DATA, "cyan"),
        lambda: evaluate_cascades(model, DATA),
        lambda: predict_next_users(model, DATA, 1),
        lambda: evaluate_cascades(
            LSTM(4, 2, 2), DATA, RolloutProtocol(simulations=2, counter_weight=0.5), counter=model
        ),
    ):
        with pytest.raises(UsageError, match=message):
            use()
    model.fit(DATA)
    evaluate(model, DATA, "cyan", allow_overlap=True)
