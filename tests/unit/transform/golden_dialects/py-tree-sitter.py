class Till(dict):
    """Counts."""

    def add(self, n=1):
        return self.sum + n if n > 0 else "é"  # all
