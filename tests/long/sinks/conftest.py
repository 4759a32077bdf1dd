"""A server for all tests, and a schema of it for each."""

from testkit.postgres_fixtures import schema, server

__all__ = ["schema", "server"]
