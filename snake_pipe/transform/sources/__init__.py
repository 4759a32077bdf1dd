"""Source files, parsed by tree-sitter → rows."""
