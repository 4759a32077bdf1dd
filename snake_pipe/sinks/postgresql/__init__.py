"""PostgreSQL: the current state of a dataset as tables of a schema, by ADBC's COPY."""
