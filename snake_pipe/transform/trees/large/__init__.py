"""Documents too large to be held → the same rows, a piece at a time."""
