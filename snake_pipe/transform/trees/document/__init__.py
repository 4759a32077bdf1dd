"""Bytes of JSON → decoded documents, one or several in a file."""
