"""Paths as text, patterns of paths, and the part of a tree that is asked for."""
