"""A dataset as SQL: views of its tables, statements asked and interrupted, answers as they come."""
