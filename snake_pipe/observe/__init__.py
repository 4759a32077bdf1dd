"""What the engine tells its listeners: events, status, statistics, and the log."""
