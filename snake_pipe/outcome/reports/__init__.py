"""What people and services read of a run: a module a format, text out of an account, nothing written."""
