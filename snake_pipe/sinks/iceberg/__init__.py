"""Apache Iceberg: the current state of a dataset as tables of a namespace of a catalog, by pyiceberg."""
