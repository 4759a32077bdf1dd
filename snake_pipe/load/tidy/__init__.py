"""What keeps tables true and small: superseded rows leave, small parts are merged, old parts go."""
