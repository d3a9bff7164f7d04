from __future__ import annotations

from graphcascade.configured import Configured
from graphcascade.data import CascadeDataset
from graphcascade.data.seed import check_seed
from graphcascade.evaluation import Result, RolloutProtocol, evaluate_cascades
from graphcascade.models.diffusion import DiffusionModel

__all__ = ["NetworkTrainer"]


class NetworkTrainer(Configured):
    """Fits models that infer a network, and tests them on whole cascades that spread on it.

    Args:
        protocol: How :meth:`test` simulates; the default :class:`~graphcascade.evaluation.RolloutProtocol` if not
            given.
        seed: Seed of the simulations.
        progress: Show progress bars, on terminals and in notebooks.

    Raises:
        UsageError: The seed is out of range; an argument is of another type.
    """

    def __init__(self, *, protocol: RolloutProtocol | None = None, seed: int = 0, progress: bool = True) -> None:
        check_seed(seed)
        self.protocol = protocol
        self.seed = seed
        self.progress = progress

    def fit(self, model: DiffusionModel, train: CascadeDataset) -> DiffusionModel:
        """Infers the network of the training cascades; the model keeps it as ``graph``."""
        model.progress = self.progress
        return model.fit(train)

    def test(self, model: DiffusionModel, test: CascadeDataset, allow_overlap: bool = False) -> Result:
        """Tests a model; see :func:`~graphcascade.evaluation.evaluate_cascades`."""
        return evaluate_cascades(
            model, test, self.protocol, self.seed, progress=self.progress, allow_overlap=allow_overlap
        )
