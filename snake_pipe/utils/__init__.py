"""Arithmetic, atomic files and checkpoints: nothing here knows a model of the engine."""
