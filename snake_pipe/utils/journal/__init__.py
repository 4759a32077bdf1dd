"""A job's journal: what it has promised, record by record, in a file or in objects."""
