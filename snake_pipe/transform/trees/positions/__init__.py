"""Where nodes stand: one reader for each way in which dialects write it."""
