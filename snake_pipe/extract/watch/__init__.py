"""A feed that follows the changes below some folders."""
