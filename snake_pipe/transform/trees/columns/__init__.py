"""The nodes of many documents → the rows of all tree tables."""
