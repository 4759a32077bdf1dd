"""Benchmarks, and the command that prepares what they run on."""
