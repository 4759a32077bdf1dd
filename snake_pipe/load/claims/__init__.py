"""Who writes what of a dataset: several jobs at once, as long as no file is the business of two."""
