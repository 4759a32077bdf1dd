"""What happens in a worker process: files' bytes become rows, and rows become parts."""
