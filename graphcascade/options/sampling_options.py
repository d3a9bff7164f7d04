from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SamplingOptions"]


@dataclass(frozen=True)
class SamplingOptions:
    """Options of training with many users.

    Args:
        num_samples: Number of other users that each step of the training compares the true next users with. They are
            drawn at random, frequent users more often, so that a step takes as long with a million users as with ten
            thousand. More of them come closer to the exact loss and take longer. 0 compares with all users, which is
            exact. If not given, 0 for up to 50,000 users, and 2,048 for more. Tests always rank all users.
    """

    heading = "many users"  # in the help
    of_training = True  # not an option of commands that choose how to train

    num_samples: int | None = None
