"""Files into batches: queues, batch sizes, and the model of memory."""
