"""A feed that follows what changes on disk."""
