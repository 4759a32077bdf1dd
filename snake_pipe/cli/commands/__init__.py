"""The commands: each parses its arguments, calls the engine or reads a dataset, and prints."""
