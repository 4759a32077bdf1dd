"""Files into batches: queues, sizes, and the memory they may take."""
