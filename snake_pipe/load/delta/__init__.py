"""One table's Delta log: entries, versions, what a version consists of."""
