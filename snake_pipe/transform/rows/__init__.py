"""What all transformers share: the contract of the seam, and columns to record batches."""
