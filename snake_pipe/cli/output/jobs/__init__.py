"""Jobs in words: while they run, and how they ended."""
