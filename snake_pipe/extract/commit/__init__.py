"""The way out: rows are gathered, journaled and made visible."""
