"""Where a run's files come from, and what is left out because the dataset has it."""
