"""Names of files as text, patterns of paths, `.gitignore`, and the part of a tree that is asked for."""
