"""What an ingestion would do and take, found out without doing it; and when a budget of time is used."""
