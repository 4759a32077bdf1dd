"""Workers on the machines of a Dask cluster: the coordinator's side, and that of a Dask worker."""
