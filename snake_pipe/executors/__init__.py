"""Where batches run: in this thread, in a pool of processes, on a cluster."""
