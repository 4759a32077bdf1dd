"""A line editor for SQL: history, completion, statements of several lines."""
