"""One table for each way of writing syntax trees as JSON, and the sniffing that picks one."""
