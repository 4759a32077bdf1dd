"""Batches in the hands of an executor: its workers watched, their deaths survived."""
