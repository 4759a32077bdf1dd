"""Arithmetic, units, locks, files, journal, checkpoint: nothing here knows the models of the engine."""
