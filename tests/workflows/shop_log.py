"""A made-up log of a shop: customers buy products that those whom they know have bought."""

from __future__ import annotations

import numpy as np
import pandas as pd


def shop_log(customers: int = 40, products: int = 60, seed: int = 0) -> pd.DataFrame:
    """Returns purchases with the columns ``customer``, ``product`` and ``date``, in order of time.

    Each customer tells the two with the next numbers, and each of them buys the product with probability 0.6, after a
    delay of three days on average.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for product in range(products):
        first = int(generator.integers(customers))
        bought = {first: generator.uniform(0, 200)}
        waiting = [first]
        while waiting:
            customer = waiting.pop(0)
            for friend in ((customer + 1) % customers, (customer + 2) % customers):
                if friend not in bought and generator.random() < 0.6 and len(bought) < 20:
                    bought[friend] = bought[customer] + generator.exponential(3)
                    waiting.append(friend)
        rows += [(f"customer-{who}", f"product {product}", day) for who, day in bought.items()]
    frame = pd.DataFrame(rows, columns=["customer", "product", "day"]).sort_values("day")
    frame["date"] = (pd.Timestamp("2024-01-01") + pd.to_timedelta(frame.pop("day"), "D")).dt.strftime("%Y-%m-%d %H:%M")
    return frame
