"""The compiled innermost loops over trees; each has a twin in Python, or is not needed."""
