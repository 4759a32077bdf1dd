"""What the commands are for: help on the terminal, and man pages."""
