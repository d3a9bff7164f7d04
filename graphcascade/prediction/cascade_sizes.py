from __future__ import annotations

import logging

import pandas as pd

from graphcascade.data import CascadeDataset, as_dataset
from graphcascade.errors import UsageError
from graphcascade.models.cascade_size import CascadeSizeModel
from graphcascade.value_types import check_numbers

__all__ = ["predict_cascade_sizes"]

logger = logging.getLogger(__name__)


@check_numbers
def predict_cascade_sizes(model: CascadeSizeModel, data: CascadeDataset, interval: float = 0.9) -> pd.DataFrame:
    """Predicts the final size of cascades from their beginning.

    Only the events of the model's window are used, also of cascades that go on after it. A cascade does not shrink:
    predictions below the number of its users so far are replaced by this number.

    Args:
        model: A trained model.
        data: Cascades so far; users are matched by their ids, and unknown ones are fine.
        interval: Share of the validation cascades within the interval.

    Returns:
        A row for each cascade that has reached the end of the window: ``cascade``, ``item``, ``events`` (in the
        window), ``users so far``, ``size``, the predicted final size with the observed events, and ``lower`` and
        ``upper``, the ends of its interval; NaN if the model was trained without validation.

    Raises:
        UsageError: ``interval`` is not between 0 and 1; the model was not trained; the window does not fit the data.
        DataError: No cascade has reached the end of the window; the model uses users, and knows none of them.
    """
    data = as_dataset(data, "data")
    if not 0 < interval < 1:
        raise UsageError(argument="interval", value=interval, reason="must be between 0 and 1")
    if not isinstance(model, CascadeSizeModel):
        raise UsageError(f"{type(model).__name__} does not predict the size of cascades.")
    model.require_trained()
    observation = model.observe(data)
    table = observation.cascades.table
    y = model.predict(observation.cascades).cpu()
    so_far = data.table.size[observation.index]
    others = table.size - 1  # 2 ** y is the growth plus 1
    frame = pd.DataFrame(
        {
            "cascade": observation.index.numpy(),
            "item": data.item_ids[table.item.numpy()],
            "events": table.size.numpy(),
            "users so far": so_far.numpy(),
            "size": (others + y.exp2()).maximum(so_far).numpy(),
        }
    )
    ends = model.interval(interval)
    for name, shift in zip(("lower", "upper"), ends or (float("nan"),) * 2, strict=True):
        frame[name] = (others + (y + shift).clamp(min=0).exp2()).maximum(so_far).numpy()
    if ends is not None:
        logger.info(
            "%s: intervals of %g %% from the errors on %s validation cascades; those from one half of these cascades "
            "cover %.1f %% of the other half.",
            data.name,
            100 * interval,
            f"{int(model.num_residuals):,}",
            100 * model.coverage(interval),
        )
        model.warn_about_few_residuals(interval, "cascades")
    return frame
