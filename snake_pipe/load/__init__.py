"""Rows → disk: Parquet parts, Delta commits, views, exports."""
