"""Which files there are: by git, by walking, or from a list."""
