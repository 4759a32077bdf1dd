"""Where nodes stand: a reader for each way in which dialects write it."""
