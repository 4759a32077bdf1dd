"""Batches in flight: given to the workers of an executor, which may hang or die."""
