"""Predicts and explains how information spreads, on PyTorch Geometric.

The names below are those that most programs begin with. Each is imported from its package when it is first used, so
that ``import graphcascade`` and the help of the command line need no torch.
"""

from typing import TYPE_CHECKING

from graphcascade.lazy_names import lazy_names

if TYPE_CHECKING:  # functions are imported from modules of the same name, which mypy confuses otherwise
    from graphcascade.data import CascadeDataset
    from graphcascade.datasets import load_dataset
    from graphcascade.evaluation import compare_results
    from graphcascade.evaluation.evaluate import evaluate
    from graphcascade.experiments import reproduce
    from graphcascade.io import from_pandas, read_cascades
    from graphcascade.models import load_model, save_model
    from graphcascade.tasks.compare_models import compare_models
    from graphcascade.trainers import CascadeSizeTrainer, NextUserTrainer, PopularityTrainer, RankingTrainer
    from graphcascade.workflows import write_report

__version__ = "0.1.0"

__all__ = [
    "CascadeDataset",
    "CascadeSizeTrainer",
    "NextUserTrainer",
    "PopularityTrainer",
    "RankingTrainer",
    "__version__",
    "compare_models",
    "compare_results",
    "evaluate",
    "from_pandas",
    "load_dataset",
    "load_model",
    "read_cascades",
    "reproduce",
    "save_model",
    "write_report",
]

_PACKAGES = {
    "data": ("CascadeDataset",),
    "datasets": ("load_dataset",),
    "evaluation": ("compare_results", "evaluate"),
    "experiments": ("reproduce",),
    "io": ("from_pandas", "read_cascades"),
    "models": ("load_model", "save_model"),
    "tasks": ("compare_models",),
    "trainers": ("CascadeSizeTrainer", "NextUserTrainer", "PopularityTrainer", "RankingTrainer"),
    "workflows": ("write_report",),
}

__getattr__, __dir__ = lazy_names(__name__, _PACKAGES)
