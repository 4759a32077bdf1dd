"""Bytes → rows: pure, no process, no disk."""
