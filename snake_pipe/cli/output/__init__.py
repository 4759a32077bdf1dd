"""What people and programs see of a job and of a dataset, as text."""
