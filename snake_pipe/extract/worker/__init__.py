"""What happens in a worker process: a file's bytes to rows, rows to parts."""
