"""A feed that follows what changes in some folders."""
