"""Cascades: the classes and functions that :mod:`graphcascade.data` exports, and their parts."""
