"""A job on disk, its run, and the commands that control it."""
