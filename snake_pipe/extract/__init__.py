"""The engine: files in, tables out."""
