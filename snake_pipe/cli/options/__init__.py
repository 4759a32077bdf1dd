"""The options of the commands, each declared once, and what becomes of them."""
