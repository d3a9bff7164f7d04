"""Simulation of random networks, and of cascades on weighted graphs."""

from graphcascade.simulate.cascades import simulate_cascades
from graphcascade.simulate.cyan_sets import cyan_cascades
from graphcascade.simulate.kronecker import CORE_PERIPHERY, RANDOM, kronecker_graph
from graphcascade.simulate.time_unit import with_time_unit

__all__ = ["CORE_PERIPHERY", "RANDOM", "cyan_cascades", "kronecker_graph", "simulate_cascades", "with_time_unit"]
