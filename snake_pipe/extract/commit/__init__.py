"""The way out of a run: rows are collected, promised in the journal and committed, flush by flush."""
