"""What a run tells machines when it has ended, well or not."""
