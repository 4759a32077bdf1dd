"""The compiled twins of the innermost loops."""
