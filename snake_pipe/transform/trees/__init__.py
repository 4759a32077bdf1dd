"""Serialized syntax trees → rows."""
