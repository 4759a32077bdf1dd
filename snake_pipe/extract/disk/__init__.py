"""Folders and files opened without following links, and read only if they are what they were found to be."""
