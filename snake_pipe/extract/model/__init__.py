"""Plain data that the packages above share: rows of `files` and `errors`, lost files."""
