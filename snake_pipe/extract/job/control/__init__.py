"""Commands for a job that runs: small files in its folder, sent, read and carried out."""
