"""Trainers: thin layers over Lightning, one per task."""

from graphcascade.trainers.adversarial_trainer import AdversarialTrainer
from graphcascade.trainers.next_user_trainer import NextUserTrainer

__all__ = ["AdversarialTrainer", "NextUserTrainer"]
