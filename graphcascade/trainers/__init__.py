"""Trainers: thin layers over Lightning, one per task."""

from graphcascade.trainers.adversarial_trainer import AdversarialTrainer
from graphcascade.trainers.cascade_size_trainer import CascadeSizeTrainer
from graphcascade.trainers.network_trainer import NetworkTrainer
from graphcascade.trainers.next_user_trainer import NextUserTrainer
from graphcascade.trainers.optimization import Optimization
from graphcascade.trainers.popularity_trainer import PopularityTrainer
from graphcascade.trainers.ranking_trainer import RankingTrainer
from graphcascade.trainers.trainer import Trainer
from graphcascade.trainers.training_module import TrainingModule

__all__ = [
    "AdversarialTrainer",
    "CascadeSizeTrainer",
    "NetworkTrainer",
    "NextUserTrainer",
    "Optimization",
    "PopularityTrainer",
    "RankingTrainer",
    "Trainer",
    "TrainingModule",
]
