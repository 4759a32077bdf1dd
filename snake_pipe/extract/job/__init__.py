"""A job on disk, its run, and who talks to it while it runs."""
