"""Where a dataset is kept: on a local disk or in an object store, behind one protocol."""
