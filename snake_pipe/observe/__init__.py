"""What the engine tells its listeners, and the log they write."""
