"""What may stand in a job's way on this machine: checks, each with what it found and how to fix it."""
