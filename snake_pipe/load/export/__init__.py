"""The current state of a dataset as files that stand for themselves."""
