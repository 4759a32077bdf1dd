"""Plain data that the rooms above share: statistics, rows of `files` and `errors`, lost files."""
