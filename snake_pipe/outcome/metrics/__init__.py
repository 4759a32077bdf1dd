"""What a run that has ended tells Prometheus."""
