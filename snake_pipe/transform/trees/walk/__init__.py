"""A decoded document → its nodes in preorder, and what the dialect's rules say of them."""
