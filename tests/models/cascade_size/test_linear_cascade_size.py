from __future__ import annotations

import numpy as np
import pytest
import torch

from graphcascade.errors import UsageError
from graphcascade.models import LinearCascadeSize
from graphcascade.models.cascade_size import log_growth
from tests.models.cascade_size.small_cascades import growing_cascades


def literal_inputs(data, length, parts):
    """The inputs of the equation, cascade by cascade."""
    rows = []
    for cascade in data:
        time = (cascade.time - cascade.time[0]).tolist()
        seen = [each for each in time if each < length]
        row = [1.0, np.log2(len(seen))]
        if parts > 1:
            for k in range(parts):
                low, high = k * length / parts, (k + 1) * length / parts
                row.append(np.log2(1 + sum(low <= each < high for each in seen)))
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize("parts", [1, 4])
def test_the_weights_are_those_of_least_squares(parts):
    data = growing_cascades()
    model = LinearCascadeSize.of(data, observe="10s", parts=parts).fit(data)
    observed = model.observe(data).cascades
    inputs = literal_inputs(data[model.observe(data).index], 10.0, parts)
    weight = np.linalg.lstsq(inputs, log_growth(observed).numpy(), rcond=None)[0]
    np.testing.assert_allclose(model.weight.numpy(), weight, atol=1e-8)
    np.testing.assert_allclose(model.predict(observed).numpy(), np.maximum(inputs @ weight, 0), atol=1e-8)


def test_the_size_is_constant_after_a_number_of_events():
    data = growing_cascades()
    model = LinearCascadeSize.of(data, observe_events=2).fit(data)
    observed = model.observe(data).cascades
    torch.testing.assert_close(model.predict(observed), log_growth(observed).mean().expand(len(observed)))


def test_parts_below_1():
    with pytest.raises(UsageError, match=r"parts=0: must be at least 1"):
        LinearCascadeSize(3, observe="1h", parts=0)
