"""Sinks of snake-pipe itself: each carries the flushes of jobs to another place."""
